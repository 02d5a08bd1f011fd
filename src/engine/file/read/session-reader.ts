import { CorruptSessionError } from "../../../session/errors.ts";
import type { SessionHead } from "../../../session/head.ts";
import type { Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { EngineReport, StoredSession } from "../../contract.ts";
import { millisecondsOf, type Disk, type DiskFile, type FileStat } from "../disk/disk.ts";
import { foreignChange, type ForeignChange } from "./foreign-change.ts";
import { findCheckpoint, findJournal, type FoundCheckpoint, type FoundJournal } from "./found-files.ts";
import type { JournalPosition, JournalScan } from "../journal/journal-reader.ts";
import type { JournalHeader } from "../journal/journal-record.ts";
import { BEGINNING, insert, replayJournal, type ReplayedState } from "./journal-replay.ts";
import type { SessionPaths } from "../disk/session-paths.ts";

/** Everything that a session's files say, and what it amounts to. */
export interface SessionReading {
  readonly journal: FoundJournal;
  readonly checkpoint: FoundCheckpoint;
  /** The journal from where the session's state was taken up; `undefined` when no journal was followed. */
  readonly scan: JournalScan | undefined;
  /** The session, with a foreign change on top where there is one; `undefined` when there is none. */
  readonly session: StoredSession | undefined;
  /** Our own state without the foreign change. */
  readonly own:
    | { readonly head: SessionHead; readonly messages: Message[]; readonly position: JournalPosition }
    | undefined;
  /** A change by someone else that no commit holds yet. */
  readonly foreign: (ForeignChange & { readonly checksum: string }) | undefined;
  /** Why there is no session although there are files. */
  readonly gone: "removed" | "foreign-delete" | undefined;
  readonly reports: readonly EngineReport[];
}

/**
 * Reads a session from its files. Takes no lock and changes nothing: a checkpoint is replaced as a whole, a journal
 * only grows.
 * @throws {CorruptSessionError | NewerFormatError}
 */
export async function readSession(disk: Disk, paths: SessionPaths, id: SessionId): Promise<SessionReading> {
  const reader = new SessionReader(disk, paths, id);
  try {
    return await reader.read();
  } finally {
    reader.close();
  }
}

/** The tag of a state that ends with this record. */
function tagOf(position: JournalPosition): string {
  return position.checksum;
}

class SessionReader {
  readonly #disk: Disk;
  readonly #paths: SessionPaths;
  readonly #id: SessionId;
  readonly #reports: EngineReport[] = [];
  #journalFile: DiskFile | undefined;

  constructor(disk: Disk, paths: SessionPaths, id: SessionId) {
    this.#disk = disk;
    this.#paths = paths;
    this.#id = id;
  }

  close(): void {
    this.#journalFile?.close();
    this.#journalFile = undefined;
  }

  async read(): Promise<SessionReading> {
    // The checkpoint first: whatever it covers, the journal that is opened after it has as well.
    const checkpoint = await findCheckpoint(this.#disk, this.#paths, this.#id);
    const { journal, file } = findJournal(this.#disk, this.#paths, this.#id);
    this.#journalFile = file;
    if (journal.kind === "absent") return this.#withoutJournal(checkpoint, journal);
    if (journal.kind === "unusable") return this.#withUnusableJournal(checkpoint, journal);
    if (checkpoint.kind === "ours") {
      if (checkpoint.header.journalOffset >= journal.header.origin + journal.headerLength) {
        return await this.#fromCheckpoint(checkpoint, journal);
      }
      const detail = "the checkpoint is older than the journal's beginning";
      return await this.#fromJournal({ kind: "unreadable", detail, stat: checkpoint.stat }, journal);
    }
    return await this.#fromJournal(checkpoint, journal);
  }

  #withoutJournal(checkpoint: FoundCheckpoint, journal: FoundJournal): SessionReading {
    switch (checkpoint.kind) {
      case "absent":
        return this.#nothing(journal, checkpoint, undefined, undefined);
      case "unreadable":
        throw new CorruptSessionError(this.#id, checkpoint.detail);
      case "ours":
        // A removal takes the checkpoint first: if it is gone by now, the session was removed while it was read.
        if (this.#disk.stat(this.#paths.checkpoint(this.#id)) === undefined) {
          return this.#nothing(journal, checkpoint, undefined, "removed");
        }
        this.#report(
          "damage",
          "The session's journal is missing; its last checkpoint is used, earlier revisions are gone.",
        );
        return this.#atCheckpoint(checkpoint, journal);
      case "foreign":
        return this.#document(checkpoint, journal);
    }
  }

  #withUnusableJournal(
    checkpoint: FoundCheckpoint,
    journal: FoundJournal & { detail: string },
  ): SessionReading {
    if (checkpoint.kind === "absent") throw new CorruptSessionError(this.#id, journal.detail);
    if (checkpoint.kind === "unreadable") {
      throw new CorruptSessionError(this.#id, `${journal.detail}; ${checkpoint.detail}`);
    }
    this.#report("damage", `${sentence(journal.detail)} the session is used as its last checkpoint has it.`);
    return checkpoint.kind === "ours"
      ? this.#atCheckpoint(checkpoint, journal)
      : this.#document(checkpoint, journal);
  }

  async #fromCheckpoint(
    checkpoint: FoundCheckpoint & { kind: "ours" },
    journal: FoundJournal & { kind: "ok" },
  ): Promise<SessionReading> {
    const { header } = checkpoint;
    const start = {
      offset: header.journalOffset,
      revision: header.revision,
      checksum: header.journalChecksum,
    };
    if (journal.stat.size + journal.header.origin < start.offset) {
      const detail = "the journal ends before the place that the checkpoint covers";
      this.#report("damage", `${sentence(detail)} the session is used as its last checkpoint has it.`);
      return this.#atCheckpoint(checkpoint, { kind: "unusable", detail, stat: journal.stat });
    }
    const { scan, state } = await replayJournal(this.#source(journal.header), start, checkpoint);
    if (scan.removed !== undefined) return this.#nothing(journal, checkpoint, scan, "removed");
    return this.#ownState(journal, checkpoint, scan, state, header.updatedAt);
  }

  /** The journal alone tells our state: there is no checkpoint, or none of ours. */
  async #fromJournal(
    checkpoint: FoundCheckpoint & { kind: "absent" | "unreadable" | "foreign" },
    journal: FoundJournal & { kind: "ok" },
  ): Promise<SessionReading> {
    const { origin, revision, checksum } = journal.header;
    const start = { offset: origin + journal.headerLength, revision, checksum };
    let base: { head: SessionHead; messageCount: number } | undefined;
    const { scan, state } = await replayJournal(this.#source(journal.header), start, BEGINNING, (at, now) => {
      const isBase = checkpoint.kind === "foreign" && checkpoint.revision === at;
      if (isBase) base = { head: now.head, messageCount: now.messages.length };
    });
    if (scan.removed !== undefined) return this.#nothing(journal, checkpoint, scan, "removed");
    if (scan.last === undefined) {
      if (checkpoint.kind === "foreign") return this.#document(checkpoint, journal);
      throw new CorruptSessionError(this.#id, "the journal holds no commit that can be read");
    }
    if (checkpoint.kind === "absent" && scan.checkpoint > 0) {
      if (this.#disk.stat(this.#paths.checkpoint(this.#id)) !== undefined) {
        // It was written while the journal was read.
        this.close();
        return await this.read();
      }
      this.#report(
        "foreign-delete",
        "Someone else removed the session's document; the session counts as deleted.",
      );
      return this.#nothing(journal, checkpoint, scan, "foreign-delete");
    }
    if (checkpoint.kind === "unreadable") {
      this.#report("damage", `${sentence(checkpoint.detail)} the session was read from its journal.`);
    }
    const reading = this.#ownState(journal, checkpoint, scan, state, undefined);
    if (checkpoint.kind !== "foreign" || scan.last?.foreign === checkpoint.checksum) return reading;
    base ??= await this.#stateAt(scan.checkpoint, journal.header, start);
    return this.#withForeign(
      reading,
      checkpoint,
      base ?? { head: state.head, messageCount: state.messages.length },
    );
  }

  async #stateAt(
    revision: number,
    header: JournalHeader,
    start: JournalPosition,
  ): Promise<{ head: SessionHead; messageCount: number } | undefined> {
    let found: { head: SessionHead; messageCount: number } | undefined;
    await replayJournal(this.#source(header), start, BEGINNING, (at, now) => {
      if (at === revision) found = { head: now.head, messageCount: now.messages.length };
    });
    return found;
  }

  #source({ origin }: JournalHeader): { id: SessionId; file: DiskFile; origin: number } {
    return { id: this.#id, file: this.#journalFile as DiskFile, origin };
  }

  #ownState(
    journal: FoundJournal,
    checkpoint: FoundCheckpoint,
    scan: JournalScan,
    state: ReplayedState,
    checkpointTime: string | undefined,
  ): SessionReading {
    const own = { head: Object.freeze(state.head), messages: state.messages, position: scan.position };
    const session: StoredSession = {
      id: this.#id,
      revision: scan.position.revision,
      tag: tagOf(scan.position),
      updatedAt: scan.last?.at ?? checkpointTime ?? new Date(0).toISOString(),
      head: own.head,
      messages: own.messages,
    };
    return {
      journal,
      checkpoint,
      scan,
      session,
      own,
      foreign: undefined,
      gone: undefined,
      reports: this.#reports,
    };
  }

  #atCheckpoint(checkpoint: FoundCheckpoint & { kind: "ours" }, journal: FoundJournal): SessionReading {
    const { header, head, messages } = checkpoint;
    const position = {
      offset: header.journalOffset,
      revision: header.revision,
      checksum: header.journalChecksum,
    };
    const session: StoredSession = {
      id: this.#id,
      revision: header.revision,
      tag: tagOf(position),
      updatedAt: header.updatedAt,
      head,
      messages,
    };
    const own = { head, messages, position };
    return {
      journal,
      checkpoint,
      scan: undefined,
      session,
      own,
      foreign: undefined,
      gone: undefined,
      reports: this.#reports,
    };
  }

  /** A document of someone else's without a history of ours beneath it. */
  #document(checkpoint: FoundCheckpoint & { kind: "foreign" }, journal: FoundJournal): SessionReading {
    const { head, messages, checksum, stat } = checkpoint;
    const session: StoredSession = {
      id: this.#id,
      revision: 1,
      tag: checksum,
      updatedAt: timeOf(stat),
      head,
      messages,
    };
    const foreign = { splice: [0, 0, messages] as const, set: head, checksum };
    return {
      journal,
      checkpoint,
      scan: undefined,
      session,
      own: undefined,
      foreign,
      gone: undefined,
      reports: this.#reports,
    };
  }

  #withForeign(
    reading: SessionReading,
    checkpoint: FoundCheckpoint & { kind: "foreign" },
    base: { head: SessionHead; messageCount: number },
  ): SessionReading {
    const own = reading.own as NonNullable<SessionReading["own"]>;
    const change = foreignChange(own, base, checkpoint);
    const messages = own.messages.slice();
    if (change.splice !== undefined) insert(messages, change.splice[0], change.splice[1], change.splice[2]);
    this.#report(
      "foreign-change",
      "Someone else changed the session's document; the change counts as a new revision.",
    );
    const session: StoredSession = {
      id: this.#id,
      revision: own.position.revision + 1,
      tag: checkpoint.checksum,
      updatedAt: timeOf(checkpoint.stat),
      head: Object.freeze({ ...own.head, ...change.set }),
      messages,
    };
    return {
      ...reading,
      session,
      foreign: { ...change, checksum: checkpoint.checksum },
      reports: this.#reports,
    };
  }

  #nothing(
    journal: FoundJournal,
    checkpoint: FoundCheckpoint,
    scan: JournalScan | undefined,
    gone: SessionReading["gone"],
  ): SessionReading {
    return {
      journal,
      checkpoint,
      scan,
      session: undefined,
      own: undefined,
      foreign: undefined,
      gone,
      reports: this.#reports,
    };
  }

  #report(kind: EngineReport["kind"], message: string): void {
    this.#reports.push({ kind, sessionId: this.#id, message });
  }
}

function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)};`;
}

function timeOf(stat: FileStat | undefined): string {
  return new Date(millisecondsOf(stat?.modified ?? 0n)).toISOString();
}
