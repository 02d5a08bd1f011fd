import type { JournalPosition } from "../journal/follow-journal.ts";
import type { CommitRecord } from "../journal/record/record.ts";
import { commitsBackward } from "../read/messages/backward-places.ts";
import { UnusualJournal } from "../read/messages/place-reader.ts";
import type { KnownOperation } from "./commit-batch.ts";
import type { OpenSession } from "./open-session.ts";

/**
 * A commit is known by its operation id when at most this many came after it. Who repeats a commit does so soon; to
 * know all of them, every process would have to read the whole journal.
 */
const KNOWN_COMMITS = 1000;
/** As many are kept in memory while a process goes on. */
const MOST_KEPT = 10_000;

/** The operation ids of a session's latest commits; read only when a commit names one, and only what is new. */
export class OperationLog {
  readonly #known = new Map<string, KnownOperation>();
  #position: JournalPosition | undefined;
  #journal: bigint | undefined;

  /** Brings the log up to where the session is. */
  async catchUp(session: OpenSession): Promise<void> {
    const isSameFile = this.#journal === session.inode;
    if (isSameFile && this.#position?.checksum === session.position.checksum) return;
    if (isSameFile && this.#position !== undefined && (await this.#follow(session, this.#position))) return;
    this.#known.clear();
    await this.#readBack(session);
  }

  /** Takes in what stands behind `start`; false when that does not lead to where the session is. */
  async #follow(session: OpenSession, start: JournalPosition): Promise<boolean> {
    const scan = await session.journal.scan(start, ({ record }) => {
      if (record.life > start.life) this.#known.clear();
      this.#note(record);
    });
    this.#reached(session);
    return scan.position.checksum === session.position.checksum;
  }

  async #readBack(session: OpenSession): Promise<void> {
    const { journal, position, end } = session;
    const records: CommitRecord[] = [];
    try {
      const commits = commitsBackward({ journal, begin: journal.begin, end: { ...position, offset: end } });
      for await (const { record } of commits) {
        records.push(record);
        if (records.length >= KNOWN_COMMITS) break;
      }
    } catch (error) {
      if (!(error instanceof UnusualJournal)) throw error;
      await this.#follow(session, journal.begin);
      return;
    }
    for (const record of records.reverse()) this.#note(record);
    this.#reached(session);
  }

  #note({ operation, revision, checksum: tag, at, messageCount }: CommitRecord): void {
    if (operation === undefined) return;
    const [id, fingerprint] = operation;
    this.#known.set(id, { revision, tag, at, messageCount, fingerprint });
  }

  #reached({ position, inode }: OpenSession): void {
    this.#position = position;
    this.#journal = inode;
    for (const id of this.#known.keys()) {
      if (this.#known.size <= MOST_KEPT) return;
      this.#known.delete(id);
    }
  }

  get(operationId: string): KnownOperation | undefined {
    return this.#known.get(operationId);
  }

  /** Takes in what was just committed on top of the commit with this checksum; `undefined`: a life was begun. */
  add(
    operations: ReadonlyMap<string, KnownOperation>,
    before: string | undefined,
    session: OpenSession,
  ): void {
    if (before === undefined) this.#known.clear();
    else if (this.#position?.checksum !== before) return;
    for (const [id, operation] of operations) this.#known.set(id, operation);
    this.#reached(session);
  }
}
