import { CorruptSessionError, InvalidMessageError } from "../../../session/errors/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { EngineReport } from "../../contract.ts";
import { DamagedCheckpoint } from "../checkpoint/checked-body.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { readForeignDocument, type ForeignDocument } from "../checkpoint/foreign-document.ts";
import { millisecondsOf, type FileStat } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { TimeSlice } from "../disk/time-slice.ts";
import type {
  AcceptedCommit,
  DocumentMark,
  JournalPosition,
  JournalScan,
} from "../journal/follow-journal.ts";
import type { Journal } from "../journal/journal.ts";
import type { CommitRecord } from "../journal/record/record.ts";
import { setOf } from "../journal/record/record-content.ts";
import { foreignChange, knownBy, type ForeignChange } from "./foreign-change.ts";
import { ForeignStates } from "./foreign-states.ts";
import type { MessageList } from "./message-list.ts";
import type { PlaceSource } from "./place-reader.ts";
import { SessionFiles } from "./session-files.ts";

export type Files = Pick<FileContext, "disk" | "paths">;

/** What a session's document is to it. */
export type DocumentState =
  | "absent"
  /** A checkpoint of ours. */
  | "ours"
  /** Someone else's, and a commit holds what it changed. */
  | "taken-over"
  /** Someone else's, with a change that no commit holds yet. */
  | "foreign"
  /** It belongs to a life of the session that was removed, or to a journal that was rewritten. */
  | "left-over"
  /** It cannot be read, or not any more. */
  | "unreadable";

/** Everything that a session's files say, and what it amounts to. */
export interface SessionReading<List extends MessageList> {
  readonly files: SessionFiles;
  /** What places of messages point into. */
  readonly source: PlaceSource;
  /** Where the journal was taken up; `undefined` when it was not followed. */
  readonly begin: JournalPosition | undefined;
  readonly scan: JournalScan | undefined;
  readonly document: DocumentState;
  /** Why the document cannot be read. */
  readonly detail: string | undefined;
  /** The session, with a foreign change on top where there is one; `undefined` when there is none. */
  readonly session: ReadSession<List> | undefined;
  /** Our own state, without a foreign change. */
  readonly own: OwnState | undefined;
  readonly foreign: PendingChange | undefined;
  /** Why there is no session although there are files. */
  readonly gone: "removed" | "foreign-delete" | undefined;
  readonly reports: readonly EngineReport[];
}

/** A change by someone else that no commit holds yet. */
export type PendingChange = Pick<ForeignChange, "splice" | "set" | "known"> & {
  readonly document: ForeignDocument;
};

export interface ReadSession<List> {
  readonly revision: number;
  readonly life: number;
  readonly tag: string;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly list: List;
}

export interface OwnState {
  readonly head: SessionHead;
  readonly position: JournalPosition;
  readonly updatedAt: string;
}

/** Up to which commit to read. */
export interface ReadTo {
  readonly life: number;
  readonly revision: number;
}

/** `thorough`: each byte of a checkpoint is compared with its checksum, also where none of it is handed out. */
export type ReadHow = "quick" | "thorough";

/** How often a session is read again that is removed, or whose files are replaced, while it is read. */
const TRIES = 50;

/**
 * Reads a session from its files into `list`. Takes no lock and changes nothing: a document is replaced as a whole, a
 * journal only grows. What is returned is one revision of one life. The caller closes `files`.
 * @param to the last commit to take in; default: all, and what somebody else changed.
 * @throws {CorruptSessionError | NewerFormatError}
 */
export async function readInto<List extends MessageList>(
  { disk, paths }: Files,
  id: SessionId,
  list: List,
  to?: ReadTo,
  how: ReadHow = "quick",
): Promise<SessionReading<List>> {
  for (let attempt = 1; ; attempt++) {
    const files = await SessionFiles.open(disk, paths, id);
    let isDone = false;
    try {
      list.clear();
      const reading = await new Reader(files, id, list, to, how).read();
      // What looks unusual may be that the files were replaced while they were read.
      const isSure = reading.reports.length === 0 && reading.document !== "left-over";
      isDone = isSure || attempt >= TRIES || files.areInPlace(disk, paths, id);
      if (isDone) return reading;
    } catch (error) {
      // What is wrong may be that the files are not those of one session: they were replaced while they were read.
      if (attempt >= TRIES || files.areInPlace(disk, paths, id)) throw asCorruption(id, error);
    } finally {
      if (!isDone) files.close();
    }
  }
}

/**
 * Reads what a journal alone says of a session, up to a commit that it holds.
 * @throws {CorruptSessionError}
 */
export async function readJournalInto<List extends MessageList>(
  journal: Journal,
  id: SessionId,
  list: List,
  to: ReadTo,
): Promise<SessionReading<List>> {
  list.clear();
  try {
    return await new Reader(SessionFiles.ofJournal(journal), id, list, to, "quick").read();
  } catch (error) {
    throw asCorruption(id, error);
  }
}

/** Text that has its checksum and is no JSON or no message was written so by someone: that session is damaged. */
function asCorruption(id: SessionId, error: unknown): unknown {
  const isContent =
    error instanceof SyntaxError ||
    error instanceof InvalidMessageError ||
    error instanceof DamagedCheckpoint ||
    error instanceof RangeError ||
    error instanceof TypeError;
  return isContent ? new CorruptSessionError(id, error.message, { cause: error }) : error;
}

/** What of a reading is not the same for each. */
type Parts<List extends MessageList> = Partial<Omit<SessionReading<List>, "files" | "source" | "reports">> & {
  readonly document: DocumentState;
};

class Reader<List extends MessageList> {
  readonly #files: SessionFiles;
  readonly #id: SessionId;
  readonly #list: List;
  readonly #to: ReadTo | undefined;
  readonly #how: ReadHow;
  readonly #reports: EngineReport[] = [];
  #head: SessionHead = EMPTY_HEAD;
  #checkpoint: Checkpoint | undefined;

  constructor(files: SessionFiles, id: SessionId, list: List, to: ReadTo | undefined, how: ReadHow) {
    this.#files = files;
    this.#id = id;
    this.#list = list;
    this.#to = to;
    this.#how = how;
  }

  async read(): Promise<SessionReading<List>> {
    const { journal } = this.#files;
    if (journal.kind === "ok")
      return this.#andPacked(journal.journal, await this.#withJournal(journal.journal));
    return await this.#withoutJournal(journal.kind === "absent" ? undefined : journal.detail);
  }

  /** That a packed journal is damaged is told, also where nothing of what was read is missing. */
  #andPacked({ packedDamage }: Journal, reading: SessionReading<List>): SessionReading<List> {
    if (packedDamage !== undefined)
      this.#report("damage", `${packedDamage.charAt(0).toUpperCase()}${packedDamage.slice(1)}.`);
    return reading;
  }

  /** The document alone tells the session. */
  async #withoutJournal(detail: string | undefined): Promise<SessionReading<List>> {
    const { document } = this.#files;
    const why = detail === undefined ? "" : `${detail}; `;
    if (document.kind === "absent") {
      if (detail !== undefined) throw new CorruptSessionError(this.#id, detail);
      return this.#nothing("absent", undefined, undefined);
    }
    if (document.kind === "unusable") throw new CorruptSessionError(this.#id, why + document.detail);
    if (document.kind === "ours") {
      const own = await this.#takeCheckpoint(document.checkpoint).catch((error: unknown) => {
        if (error instanceof DamagedCheckpoint) return undefined;
        throw error;
      });
      if (own !== undefined) {
        this.#report(
          "damage",
          detail === undefined
            ? "The session's journal is missing; its last checkpoint is used, earlier revisions are gone."
            : `${sentence(detail)} the session is used as its last checkpoint has it.`,
        );
        return this.#result({ own, document: "ours", session: this.#sessionOf(own) });
      }
    }
    const found = await readForeignDocument(document.file, this.#id);
    if (found.kind === "unreadable") throw new CorruptSessionError(this.#id, why + found.detail);
    if (detail !== undefined)
      this.#report("damage", `${sentence(detail)} the session is used as its document has it.`);
    return this.#beginning(found, document.stat, 1, undefined);
  }

  async #withJournal(journal: Journal): Promise<SessionReading<List>> {
    const { document } = this.#files;
    if (journal.headerDamage !== undefined)
      this.#report("damage", `${sentence(journal.headerDamage)} it was made up from the records behind it.`);
    const checkpoint = document.kind === "ours" && this.#belongs(document.checkpoint, journal);
    if (document.kind === "ours" && checkpoint && document.checkpoint.header.journalOffset > journal.end) {
      const own = await this.#takeCheckpoint(document.checkpoint).catch(ifDamaged);
      if (own !== undefined) {
        this.#report(
          "damage",
          "The journal ends before the place that the checkpoint covers; the session is used as its checkpoint has it.",
        );
        return this.#result({ own, document: "ours", session: this.#sessionOf(own) });
      }
    } else if (document.kind === "ours" && checkpoint) {
      const reading = await this.#fromCheckpoint(document.checkpoint, document.stat, journal).catch(
        ifDamaged,
      );
      if (reading !== undefined) return reading;
    }
    return await this.#fromBeginning(journal);
  }

  /** Whether a checkpoint covers a part of this journal that may be read. */
  #belongs({ header }: Checkpoint, journal: Journal): boolean {
    const { key } = journal.header;
    if (key !== undefined && header.journalKey !== undefined && key !== header.journalKey) return false;
    const to = this.#to;
    if (to !== undefined && (header.life !== to.life || header.revision > to.revision)) return false;
    return header.journalOffset >= journal.begin.offset;
  }

  /**
   * The checkpoint, and the journal behind what it covers.
   * @returns `undefined` when the journal does not go on from there; it may when it is followed from its beginning.
   * @throws {DamagedCheckpoint}
   */
  async #fromCheckpoint(
    checkpoint: Checkpoint,
    stat: FileStat,
    journal: Journal,
  ): Promise<SessionReading<List> | undefined> {
    const before = await this.#takeCheckpoint(checkpoint);
    const scan = await this.#follow(journal, before.position);
    if (scan.damage !== undefined) return undefined;
    const mark = journal.markOf(scan);
    // A list of places has not read the messages: they are looked at unless the file is as we left it.
    const isKnown = this.#to !== undefined || (isAsWritten(mark, stat) && mark?.record.foreign === undefined);
    if (!isKnown || this.#how === "thorough") await checkpoint.check();
    this.#checkpoint = checkpoint;
    const own = this.#ownOf(scan, before);
    const common = { scan, own, begin: before.position, document: "ours" } as const;
    if (scan.removed !== undefined) return this.#nothing("left-over", scan, "removed");
    if (own.position.life !== checkpoint.header.life) return undefined;
    return this.#result({ ...common, session: this.#sessionOf(own) });
  }

  async #fromBeginning(journal: Journal): Promise<SessionReading<List>> {
    const { begin } = journal;
    this.#list.clear();
    this.#head = EMPTY_HEAD;
    const scan = await this.#follow(journal, begin);
    if (scan.damage !== undefined) throw new CorruptSessionError(this.#id, scan.damage.detail);
    const { state, detail, foreign } = await this.#documentBeside(journal, scan);
    if (scan.last === undefined) {
      if (foreign !== undefined) return this.#beginning(foreign, this.#statOf(), 1, scan);
      throw new CorruptSessionError(this.#id, "the journal holds no commit that can be read");
    }
    if (scan.removed !== undefined) {
      if (foreign === undefined || state !== "foreign") return this.#nothing(state, scan, "removed");
      return this.#beginning(foreign, this.#statOf(), scan.position.life + 1, scan);
    }
    if (state === "absent" && this.#to === undefined && expectsDocument(journal, scan)) {
      this.#report(
        "foreign-delete",
        "The session's document was removed, by someone else or by a deletion that a full disk kept from being recorded; the session is in the trash.",
      );
      return this.#nothing(state, scan, "foreign-delete");
    }
    if (state === "unreadable")
      this.#report("damage", `${sentence(detail ?? "")} the session was read from its journal.`);
    const own = this.#ownOf(scan, undefined);
    const reading = { scan, own, begin, document: state, detail, session: this.#sessionOf(own) } as const;
    if (state !== "foreign" || foreign === undefined || this.#to !== undefined) return this.#result(reading);
    return await this.#withForeign(journal, reading, foreign, own);
  }

  /** What a document is that was not read as a checkpoint. */
  async #documentBeside(
    journal: Journal,
    scan: JournalScan,
  ): Promise<{ state: DocumentState; detail?: string; foreign?: ForeignDocument }> {
    const { document } = this.#files;
    if (document.kind === "absent" || this.#to !== undefined) return { state: "absent" };
    if (document.kind === "unusable") return { state: "unreadable", detail: document.detail };
    // A crash came between the journal's rewriting and the document's.
    if (document.kind === "ours" && isReplaced(document.checkpoint, journal)) return { state: "left-over" };
    const mark = journal.markOf(scan);
    if (isAsWritten(mark, document.stat)) {
      if (mark?.record.foreign !== undefined) return { state: "taken-over" };
      if (document.kind === "other" || this.#belongs(document.checkpoint, journal))
        return { state: "unreadable", detail: "the checkpoint's bytes have changed since it was written" };
    }
    if (
      document.kind === "ours" &&
      (await document.checkpoint.check().then(
        () => true,
        () => false,
      ))
    ) {
      // It is whole, and yet the journal does not go on from it.
      if (scan.removed !== undefined) return { state: "left-over" };
      return { state: "unreadable", detail: "the checkpoint is not one of this journal" };
    }
    const foreign = await readForeignDocument(document.file, this.#id);
    if (foreign.kind === "unreadable") return { state: "unreadable", detail: foreign.detail };
    if (foreign.checksum === scan.foreign) return { state: "taken-over", foreign };
    const isOfRemoved = scan.removed !== undefined && foreign.edited?.life === scan.position.life;
    return { state: isOfRemoved ? "left-over" : "foreign", foreign };
  }

  async #withForeign(
    journal: Journal,
    reading: Parts<List>,
    document: ForeignDocument,
    own: OwnState,
  ): Promise<SessionReading<List>> {
    const history = await ForeignStates.read(journal, own.position, document);
    const change = foreignChange(document, history);
    if (change.splice !== undefined) this.#list.insert(...change.splice);
    this.#report(
      "foreign-change",
      "Someone else changed the session's document; the change counts as a new revision.",
    );
    const session = {
      revision: own.position.revision + 1,
      life: own.position.life,
      tag: document.checksum,
      updatedAt: later(own.updatedAt, timeOf(this.#statOf())),
      head: Object.freeze({ ...own.head, ...change.set }),
      list: this.#list,
    };
    return this.#result({ ...reading, session, foreign: { ...change, document } });
  }

  /** A document of someone else's begins the session. */
  #beginning(
    document: ForeignDocument,
    stat: FileStat | undefined,
    life: number,
    scan: JournalScan | undefined,
  ): SessionReading<List> {
    this.#list.clear();
    this.#list.insert(0, 0, document.messages);
    const { head, messages, checksum } = document;
    const session = { revision: 1, life, tag: checksum, updatedAt: timeOf(stat), head, list: this.#list };
    const change = { splice: [0, 0, messages] as const, set: head, known: knownBy(document) };
    return this.#result({ scan, document: "foreign", session, foreign: { ...change, document } });
  }

  async #takeCheckpoint(checkpoint: Checkpoint): Promise<OwnState> {
    const { journalOffset, life, revision, journalChecksum, updatedAt } = checkpoint.header;
    await this.#list.take(checkpoint);
    this.#head = checkpoint.head;
    this.#checkpoint = checkpoint;
    const position = { offset: journalOffset, life, revision, checksum: journalChecksum };
    return { head: checkpoint.head, position, updatedAt };
  }

  /** Applies the commits behind `start`. */
  async #follow(journal: Journal, start: JournalPosition): Promise<JournalScan> {
    const to = this.#to;
    const following = journal.follow(start);
    const slice = new TimeSlice();
    let { life } = start;
    let reached: JournalScan | undefined;
    for (;;) {
      const next = await following.next();
      if (next.done === true) return reached ?? next.value;
      for (const commit of next.value) {
        const { record, line, offset } = commit;
        if (to !== undefined && isBehind(record, to)) {
          await following.return(undefined as never);
          return (
            reached ?? {
              ...NOTHING_READ,
              position: start,
              end: start.offset,
              lastOffset: start.offset,
              listing: start.offset,
            }
          );
        }
        if (record.life > life) {
          ({ life } = record);
          this.#list.clear();
          this.#head = EMPTY_HEAD;
        }
        const applied = this.#list.apply(commit);
        if (applied !== undefined) await applied;
        this.#head = { ...this.#head, ...setOf(line, record), tokenCount: record.tokenCount };
        if (to !== undefined) reached = scanTo(commit, offset + line.length + 1);
        if (slice.isOver) await slice.next();
      }
    }
  }

  #ownOf({ position, last }: JournalScan, before: OwnState | undefined): OwnState {
    const updatedAt = last?.at ?? before?.updatedAt ?? new Date(0).toISOString();
    return { head: Object.freeze(this.#head), position, updatedAt };
  }

  #sessionOf({ head, position, updatedAt }: OwnState): ReadSession<List> {
    const { life, revision, checksum } = position;
    return { revision, life, tag: checksum, updatedAt, head, list: this.#list };
  }

  #statOf(): FileStat | undefined {
    const { document } = this.#files;
    return "stat" in document ? document.stat : undefined;
  }

  #nothing(
    document: DocumentState,
    scan: JournalScan | undefined,
    gone: SessionReading<List>["gone"],
  ): SessionReading<List> {
    return this.#result({ scan, document, gone });
  }

  #result(parts: Parts<List>): SessionReading<List> {
    const { journal } = this.#files;
    return {
      files: this.#files,
      source: {
        checkpoint: parts.document === "ours" ? this.#checkpoint : undefined,
        journal: journal.kind === "ok" ? journal.journal : undefined,
      },
      begin: undefined,
      scan: undefined,
      detail: undefined,
      session: undefined,
      own: undefined,
      foreign: undefined,
      gone: undefined,
      reports: this.#reports,
      ...parts,
    };
  }

  #report(kind: EngineReport["kind"], message: string): void {
    this.#reports.push({ kind, sessionId: this.#id, message });
  }
}

function ifDamaged(error: unknown): undefined {
  if (error instanceof DamagedCheckpoint || error instanceof SyntaxError) return undefined;
  throw error;
}

/** Whether a checkpoint is of a journal whose place this one took with other content. */
function isReplaced({ header }: Checkpoint, { header: { replaces = [] } }: Journal): boolean {
  return header.journalKey !== undefined && replaces.includes(header.journalKey);
}

/** Whether a document is just as it was when it was noted: nobody has written to it since. */
export function isAsWritten(mark: DocumentMark | undefined, found: FileStat | undefined): boolean {
  const noted = mark?.record.stat;
  return noted !== undefined && noted.size === found?.size && noted.modified === found.modified;
}

/** Whether a document stands, or stood, beside the journal: when it is missing, someone else removed it. */
function expectsDocument(journal: Journal, scan: JournalScan): boolean {
  return !journal.isPacked && (scan.checkpoint > 0 || journal.markOf(scan) !== undefined);
}

function isBehind(record: CommitRecord, to: ReadTo): boolean {
  return record.life > to.life || (record.life === to.life && record.revision > to.revision);
}

/** A scan that was ended behind a commit. */
function scanTo({ record, offset }: AcceptedCommit, end: number): JournalScan {
  const { life, revision, checksum } = record;
  return {
    ...NOTHING_READ,
    position: { offset: end, life, revision, checksum },
    end,
    last: record,
    lastOffset: offset,
    listing: record.listing ?? offset,
  };
}

const NOTHING_READ = {
  last: undefined,
  mark: undefined,
  checkpoint: 0,
  foreign: undefined,
  removed: undefined,
  earlier: undefined,
  tornFrom: undefined,
  damage: undefined,
} as const;

/** Capitalised, to begin a sentence that goes on. */
function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)};`;
}

function later(left: string, right: string): string {
  return Date.parse(right) > Date.parse(left) ? right : left;
}

function timeOf(stat: FileStat | undefined): string {
  return new Date(stat === undefined ? 0 : millisecondsOf(stat.modified)).toISOString();
}
