import { CorruptSessionError } from "../../../session/errors/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { EngineReport } from "../../contract.ts";
import { DamagedCheckpoint } from "../checkpoint/checked-body.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { readForeignDocument, type ForeignDocument } from "../checkpoint/foreign-document.ts";
import { millisecondsOf, type FileStat } from "../disk/disk.ts";
import type { DocumentMark, JournalPosition, JournalScan } from "../journal/follow-journal.ts";
import type { Journal } from "../journal/journal.ts";
import { applyCommits } from "./apply-commits.ts";
import { foreignChange, knownBy } from "./foreign/foreign-change.ts";
import { ForeignStates } from "./foreign/foreign-states.ts";
import type { MessageList } from "./messages/message-list.ts";
import type { DocumentState, OwnState, ReadHow, ReadSession, ReadTo, SessionReading } from "./reading.ts";
import type { SessionFiles } from "./session-files.ts";

/** What of a reading is not the same for each. */
type Parts<List extends MessageList> = Partial<Omit<SessionReading<List>, "files" | "source" | "reports">> & {
  readonly document: DocumentState;
};

/** Reads one session from files that are open, once. */
export class SessionReader<List extends MessageList> {
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
    const state = { list: this.#list, head: this.#head };
    const { scan, head } = await applyCommits(journal, start, state, this.#to);
    this.#head = head;
    return scan;
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
