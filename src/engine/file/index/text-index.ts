import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Json } from "../../../session/json.ts";
import { parsedMessage, type Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { searchableText, spaced } from "../../search-text.ts";
import type { FileContext } from "../file-context.ts";
import {
  followJournal,
  readJournalHeader,
  type JournalHeaderLine,
  type JournalPosition,
} from "../journal-reader.ts";
import { messageSlices, type CommitRecord } from "../journal-record.ts";
import { readSessionTail } from "../known-session.ts";
import { readSession } from "../session-reader.ts";
import type { DiskFile } from "../disk.ts";
import type { Statements } from "./statements.ts";
import { DamagedIndex } from "./summary-table.ts";
import { Writing } from "./writing.ts";

/** A session whose text is not that of its files. */
interface Behind {
  readonly key: number;
  readonly id: SessionId;
  readonly identity: string;
  readonly title: string | null;
  readonly inode: number | null;
  readonly position: string | null;
  readonly count: number | null;
  /** Where the journal ended when it first had its turn: so far it is followed, however fast it grows. */
  readonly end?: number;
}

/** What is left of a session; "unusual": it cannot be followed, but has to be read whole. */
type Followed = Behind[] | "unusual";

type Ending = Behind & { readonly end: number };

/** The position of a title among a session's messages. */
export const TITLE = -1;

/** So much of the full text is merged at a time. */
const MERGED_PAGES = 64;

/**
 * The full text of all sessions. It follows each session's journal from where it was left, so that a turn costs a
 * turn; what is no journal of ours is read whole.
 */
export class TextIndex {
  readonly #context: FileContext;
  readonly #writing: Writing;
  readonly #statements: Statements;
  /** What the database looked like when nothing was behind. */
  #caughtUp = "";
  /** Sessions that were found to be behind and have not had their turn; the one that changed first at the end. */
  #left: Behind[] = [];
  #total = 0;
  /** How often it was asked which sessions are behind. */
  #passes = 0;
  /** The large tables were compared since the index was opened. */
  #isChecked = false;

  constructor(database: DatabaseSync, statements: Statements, context: FileContext) {
    this.#statements = statements;
    this.#context = context;
    this.#writing = new Writing(database);
  }

  /** The pass in which everything is taken in that the summaries know to have changed now. */
  get nextPass(): number {
    return this.#passes + 1;
  }

  /**
   * Takes in what the summaries know to have changed, for so many milliseconds. The write may go on in the next call;
   * until then `writing` ends it for whoever wants to write. What changes meanwhile, a later pass takes in: sessions
   * that are written to without end do not keep a search waiting.
   * @returns false when there is more to do in the pass `needed`.
   */
  async catchUp(
    needed: number,
    budget: number,
    progress: (done: number, total: number) => void,
  ): Promise<boolean> {
    if (this.#version() === this.#caughtUp) return true;
    const until = performance.now() + budget;
    if (this.#left.length === 0) {
      await this.#removeGone();
      this.#left = this.#behind();
      this.#total = this.#left.length;
      this.#passes++;
      if (this.#total === 0) {
        this.#check();
        this.#caughtUp = this.#version();
        return true;
      }
    }
    // Many small sessions share a write.
    await this.#writing.join();
    try {
      while (performance.now() < until) {
        const session = this.#left.pop();
        if (session === undefined) break;
        this.#left.push(...(await this.#catchUpWith(session, until)));
        if (this.#writing.isDue) await this.#turn();
        else await this.#writing.breathe();
      }
      if (this.#left.length === 0) {
        this.#mergeSome();
        this.#writing.end();
        return this.#passes >= needed;
      }
    } catch (error) {
      this.giveUp();
      throw error;
    }
    progress(this.#total - this.#left.length, this.#total);
    return false;
  }

  /** Takes back a write that is under way: what it took in is found to be behind again. */
  giveUp(): void {
    this.#left = [];
    this.#writing.undo();
  }

  /**
   * Puts some of the pieces together that the full text was written in: the fewer, the faster a search.
   * @returns false when there is nothing to do.
   */
  async merge(): Promise<boolean> {
    const isCaughtUp = this.#version() === this.#caughtUp;
    let isMore = false;
    await this.#writing.run(() => {
      isMore = this.#mergeSome();
    });
    if (isCaughtUp) this.#caughtUp = this.#version();
    return isMore;
  }

  #mergeSome(): boolean {
    const before = this.#changes();
    this.#sql("INSERT INTO text (text, rank) VALUES ('merge', ?)").run(MERGED_PAGES);
    // A merge that finds nothing to do is one change.
    return this.#changes() - before > 1;
  }

  #changes(): number {
    return this.#sql("SELECT total_changes() AS changes").get()?.["changes"] as number;
  }

  /** Damage that reads like a smaller table shows in the numbers of rows. */
  #check(): void {
    const count = (sql: string): unknown =>
      this.#sql(`SELECT count(*) AS count FROM ${sql}`).get()?.["count"];
    if (count("texts") !== count("sessions WHERE state = 0")) throw new DamagedIndex("the number of texts");
    if (this.#isChecked) return;
    if (count("messages") !== count("text_docsize")) throw new DamagedIndex("the number of messages");
    this.#isChecked = true;
  }

  /** Changes with every write, by this process or another. */
  #version(): string {
    const others = this.#sql("PRAGMA data_version").get()?.["data_version"];
    return `${String(others)} ${this.#changes()}`;
  }

  /** The sessions whose text is not that of their files, or that one if it is. */
  #behind(key?: number): Behind[] {
    const statement = this.#sql(
      `
      SELECT s.key, s.id, s.identity, json_extract(s.summary, '$.title') AS title, t.inode, t.position, t.count
      FROM sessions s LEFT JOIN texts t ON t.session = s.key
      WHERE s.state = 0 AND (t.identity IS NULL OR t.identity <> s.identity)
      ${key === undefined ? "ORDER BY s.updated DESC" : "AND s.key = ?"}`,
    );
    return (key === undefined ? statement.all() : statement.all(key)) as unknown as Behind[];
  }

  async #removeGone(): Promise<void> {
    const gone = this.#sql(
      "SELECT session FROM texts WHERE session NOT IN (SELECT key FROM sessions WHERE state = 0)",
    ).all();
    for (const { session } of gone) {
      await this.#writing.run(() => this.#clear(session as number));
    }
  }

  /**
   * Takes in one session, or a part of it when time runs out or another process has gone on with it.
   * @returns what is left of it.
   */
  async #catchUpWith(session: Behind, until: number): Promise<Behind[]> {
    const { disk, paths } = this.#context;
    const file =
      disk.stat(paths.journal(session.id))?.kind === "file"
        ? disk.openToRead(paths.journal(session.id))
        : undefined;
    try {
      if (file !== undefined) {
        const followed = await this.#follow(session, file, until);
        if (followed !== "unusual") return followed;
      }
    } finally {
      file?.close();
    }
    await this.#readWhole(session);
    return [];
  }

  async #follow(found: Behind, file: DiskFile, until: number): Promise<Followed> {
    const { disk, paths } = this.#context;
    const tail = endOf(() => readSessionTail(disk, paths, found.id, file));
    const first = readJournalHeader(file);
    if (tail === undefined || first === undefined) return "unusual";
    const session = { ...found, end: found.end ?? tail.scan.position.offset };
    const { inode } = tail.journalStat;
    const known = session.inode === inode && session.position !== null && session.count !== null;
    if (known) {
      const start = JSON.parse(session.position ?? "") as JournalPosition;
      const followed = await this.#followFrom(
        session,
        file,
        first,
        inode,
        tail.scan.position,
        start,
        session.count ?? 0,
        until,
      );
      if (followed !== "unusual") return followed;
    }
    if (!this.#isStill(session.key, session.position)) return this.#leftOf(session);
    await this.#clear(session.key);
    const { origin, revision, checksum } = first.header;
    const beginning = { offset: origin + first.length, revision, checksum };
    const empty = { ...session, inode: null, position: null, count: null };
    return await this.#followFrom(empty, file, first, inode, tail.scan.position, beginning, 0, until);
  }

  /** What is left of a session that was taken in in part. */
  #leftOf({ key, identity, end }: Ending): Behind[] {
    return this.#behind(key).map((left) => ({ ...left, identity, end }));
  }

  async #followFrom(
    session: Ending,
    file: DiskFile,
    { header }: JournalHeaderLine,
    inode: number,
    end: JournalPosition,
    start: JournalPosition,
    startCount: number,
    until: number,
  ): Promise<Followed> {
    let position = start;
    let count = startCount;
    let isRemoved = false;
    const following = followJournal(file, header.origin, start);
    if (!this.#isStill(session.key, session.position)) return this.#leftOf(session);
    for (;;) {
      const next = await following.next();
      if (next.done === true) {
        // Who begins elsewhere in a file finds nothing that follows, and does not get to its end.
        const { damage, removed } = next.value;
        const isEnd = position.revision > end.revision || position.checksum === end.checksum;
        if (damage !== undefined || removed !== undefined || !isEnd) return "unusual";
        break;
      }
      for (const { record, line, offset } of next.value) {
        isRemoved = record.removed !== undefined;
        await this.#splice(session.key, record, line, offset - header.origin, count);
        count = record.messageCount;
        position = { offset: offset + line.length + 1, revision: record.revision, checksum: record.checksum };
        const isOver = performance.now() > until;
        if (!isOver && !this.#writing.isDue) continue;
        this.#note(session.key, "", inode, position, count);
        if (isOver) return this.#leftOf(session);
        await this.#turn();
        if (!this.#isStill(session.key, JSON.stringify(position))) return this.#leftOf(session);
      }
      if (position.offset < session.end) continue;
      if (isRemoved) return "unusual";
      break;
    }
    await this.#setTitle(session);
    this.#note(session.key, session.identity, inode, position, count);
    return [];
  }

  /** Lets other processes write. To order the words and to put them into the file are two turns of the event loop. */
  async #turn(): Promise<void> {
    this.#sql("INSERT INTO text (text) VALUES ('flush')").run();
    await this.#writing.rest();
    await this.#writing.turn();
  }

  /** Whether a session's text is as this process last saw it; another process may have gone on with it. */
  #isStill(key: number, position: string | null): boolean {
    return (
      ((this.#sql("SELECT position FROM texts WHERE session = ?").get(key)?.["position"] ?? null) as
        string | null) === position
    );
  }

  async #splice(key: number, record: CommitRecord, line: Buffer, at: number, count: number): Promise<void> {
    if (record.splice === undefined) return;
    const [start, deleteCount] = record.splice;
    if (deleteCount > 0) await this.#remove(key, start, start + deleteCount);
    const shift = record.sizes.length - deleteCount;
    if (shift !== 0 && start + deleteCount < count) {
      this.#sql("UPDATE messages SET position = position + ? WHERE session = ? AND position >= ?").run(
        shift,
        key,
        start + deleteCount,
      );
    }
    for (const [index, text] of messageSlices(line, record, 0, record.sizes.length).entries()) {
      const message = parsedMessage(JSON.parse(text.toString("utf8")) as Json);
      this.#add(key, start + index, message, at + text.byteOffset - line.byteOffset, text.length);
      await this.#writing.breathe();
    }
  }

  async #readWhole(session: Behind): Promise<void> {
    const { disk, paths } = this.#context;
    const { session: stored } = await readSession(disk, paths, session.id).catch(() => ({
      session: undefined,
    }));
    const known = this.#sql("SELECT identity FROM texts WHERE session = ?").get(session.key)?.["identity"];
    if (known === session.identity) return;
    await this.#clear(session.key);
    for (const [position, message] of (stored?.messages ?? []).entries()) {
      this.#add(session.key, position, message, null, null);
      await this.#writing.breathe();
    }
    await this.#setTitle(session);
    this.#note(session.key, session.identity, null, null, stored?.messages.length ?? 0);
  }

  #add(key: number, position: number, message: Message, at: number | null, length: number | null): void {
    const text = searchableText(message);
    if (text === "") return;
    this.#addRow(key, position, message.role, text, at, length);
  }

  #addRow(
    key: number,
    position: number,
    role: string | null,
    text: string,
    at: number | null,
    length: number | null,
  ): void {
    const { lastInsertRowid } = this.#sql(
      "INSERT INTO messages (session, position, role, at, length) VALUES (?, ?, ?, ?, ?)",
    ).run(key, position, role, at, length);
    this.#sql("INSERT INTO text (rowid, content) VALUES (?, ?)").run(lastInsertRowid, spaced(text));
  }

  async #setTitle({ key, title }: Behind): Promise<void> {
    await this.#remove(key, TITLE, 0);
    if (title !== null && title !== "") this.#addRow(key, TITLE, null, title, null, null);
  }

  async #clear(key: number): Promise<void> {
    await this.#remove(key, TITLE, Number.MAX_SAFE_INTEGER);
    this.#sql("DELETE FROM texts WHERE session = ?").run(key);
  }

  async #remove(key: number, from: number, to: number): Promise<void> {
    const rows = this.#sql(
      "SELECT key FROM messages WHERE session = ? AND position >= ? AND position < ?",
    ).all(key, from, to);
    for (const row of rows) {
      this.#sql("DELETE FROM text WHERE rowid = ?").run(row["key"] as number);
      await this.#writing.breathe();
    }
    this.#sql("DELETE FROM messages WHERE session = ? AND position >= ? AND position < ?").run(key, from, to);
  }

  #note(
    key: number,
    identity: string,
    inode: number | null,
    position: JournalPosition | null,
    count: number,
  ): void {
    this.#sql(
      "INSERT OR REPLACE INTO texts (session, identity, inode, position, count) VALUES (?, ?, ?, ?, ?)",
    ).run(key, identity, inode, position === null ? null : JSON.stringify(position), count);
  }

  #sql(text: string): StatementSync {
    return this.#statements.of(text);
  }
}

function endOf<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
