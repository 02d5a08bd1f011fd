import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileContext } from "../../disk/file-context.ts";
import type { Statements } from "../statements.ts";
import { keepMuch } from "../index-database.ts";
import { DamagedIndex } from "../index-trouble.ts";
import { TextFollower, type Behind, type Ending } from "./text-follower.ts";
import { TextRows } from "./text-rows.ts";
import { Writing } from "../writing.ts";

/** The text of so many sessions touches all of the index. */
const MANY = 100;

/** The full text of all sessions: finds which are behind, and takes them in. */
export class TextIndex {
  readonly #database: DatabaseSync;
  readonly #writing: Writing;
  readonly #statements: Statements;
  readonly #rows: TextRows;
  readonly #follower: TextFollower;
  /** What the database looked like when nothing was behind. */
  #caughtUp = "";
  /** Sessions that were found to be behind and have not had their turn; the one that changed first at the end. */
  #left: Behind[] = [];
  #total = 0;
  /** How often it was asked which sessions are behind. */
  #passes = 0;
  /** The large tables were compared since the index was opened. */
  #isChecked = false;

  /** @param closing ends what is under way; its reason is thrown. */
  constructor(database: DatabaseSync, statements: Statements, context: FileContext, closing: AbortSignal) {
    this.#database = database;
    this.#statements = statements;
    this.#writing = new Writing(database, closing);
    this.#rows = new TextRows(statements, this.#writing);
    this.#follower = new TextFollower(context, statements, this.#rows, this.#writing);
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
    if (this.#total >= MANY) keepMuch(this.#database);
    // Many small sessions share a write.
    await this.#writing.join();
    try {
      while (performance.now() < until) {
        const session = this.#left.pop();
        if (session === undefined) break;
        const left = await this.#follower.takeIn(session, until);
        if (left !== undefined) this.#left.push(...this.#leftOf(left));
        if (this.#writing.isDue) await this.#rows.turn();
        else await this.#writing.breathe();
      }
      if (this.#left.length === 0) {
        await this.#rows.end();
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
    await this.#writing.run(async () => {
      isMore = await this.#rows.merge();
    });
    if (isCaughtUp) this.#caughtUp = this.#version();
    return isMore;
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
    return `${String(others)} ${this.#rows.changes()}`;
  }

  /** The sessions whose text is not that of their files, or that one if it is. */
  #behind(key?: number): Behind[] {
    const statement = this.#sql(
      `
      SELECT s.key, s.id, s.identity, json_extract(s.summary, '$.title') AS title, t.journal, t.position, t.count
      FROM sessions s LEFT JOIN texts t ON t.session = s.key
      WHERE s.state = 0 AND (t.identity IS NULL OR t.identity <> s.identity)
      ${key === undefined ? "ORDER BY s.updated DESC" : "AND s.key = ?"}`,
    );
    return (key === undefined ? statement.all() : statement.all(key)) as unknown as Behind[];
  }

  /** What is left of a session that was taken in in part. */
  #leftOf({ key, identity, end }: Ending): Behind[] {
    return this.#behind(key).map((left) => ({ ...left, identity, end }));
  }

  async #removeGone(): Promise<void> {
    const gone = this.#sql(
      "SELECT session FROM texts WHERE session NOT IN (SELECT key FROM sessions WHERE state = 0)",
    ).all();
    for (const { session } of gone) {
      await this.#writing.run(() => this.#follower.clear(session as number));
    }
  }

  #sql(text: string): StatementSync {
    return this.#statements.of(text);
  }
}
