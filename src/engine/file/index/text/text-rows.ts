import { spaced, tailsOf } from "../../../search/search-tokens.ts";
import type { Searchable } from "../../../search/search-text.ts";
import { Portion } from "./portion.ts";
import type { Statements } from "../statements.ts";
import type { Writing } from "../writing.ts";

/** The position of a title among a session's messages. */
export const TITLE = -1;

/** Where a message's JSON text stands in the journal: logical offset, bytes, and their CRC-32. */
export interface TextPlace {
  readonly at: number;
  readonly length: number;
  readonly sum: number;
}

/** What a row is made of: a message, or a title, which nobody speaks. */
export type RowText = Omit<Searchable, "speaker"> & { readonly speaker: string | null };

/** Whose the rows are that are left in the full text for a while after their session has lost them. */
const NOBODY = 0;
/** One of so many removed rows is left for a while. */
const LEFT = 10;
/** So many rows are looked up, moved or removed at a time. */
const PIECE = 1000;
/** The full text is merged on the way when it lies in so many pieces: with twice as many, FTS5 merges all at once. */
const MANY = 500;
/** So long the words of a piece may take to be put in order, and so long one merge may take, in milliseconds. */
const ORDERING = 34;
const MERGE = 12;
/** So long merges follow each other, in milliseconds. */
const MERGING = 20;

/**
 * The rows of the full text, each with its place in `messages`. They are changed in pieces, between which the event
 * loop has its turn; all pieces belong to the write that is under way.
 *
 * FTS5 removes a row by a mark, and drops its words when it merges. A merge stops after so many pages that it has
 * written, however much it has read: of marked rows alone it would read everything at once. So one of ten rows that
 * are removed is left unmarked, as nobody's, which bounds what is read for a page that is written. When nothing is
 * left to be merged, nine of ten of those are marked as well, and so on.
 */
export class TextRows {
  readonly #statements: Statements;
  readonly #writing: Writing;
  /** Characters whose words are put in order at a time: the more, the better, but that it takes so long. */
  readonly #piece = new Portion(1_000_000, [100_000, 8_000_000], ORDERING);
  /** Pages that a merge writes. */
  readonly #merged = new Portion(4, [1, 16], MERGE);
  #unordered = 0;

  constructor(statements: Statements, writing: Writing) {
    this.#statements = statements;
    this.#writing = writing;
  }

  async add(
    session: number,
    position: number,
    { text, speaker, tools }: RowText,
    place: TextPlace | undefined,
  ): Promise<void> {
    const calls = tools.length === 0 ? null : JSON.stringify(tools);
    const { lastInsertRowid } = this.#statements
      .of(
        "INSERT INTO messages (session, position, role, tools, at, length, sum) VALUES (?, ?, ?, ?, ?, ?, ?)",
      )
      .run(session, position, speaker, calls, place?.at ?? null, place?.length ?? null, place?.sum ?? null);
    this.#statements
      .of("INSERT INTO text (rowid, content, parts) VALUES (?, ?, ?)")
      .run(lastInsertRowid, spaced(text), Array.from(tailsOf(text)).join(" "));
    this.#unordered += text.length;
    if (this.#unordered < this.#piece.size) await this.#writing.breathe();
    else this.#piece.took(await this.#order());
  }

  /** Removes a session's rows at positions from `from` up to `to`. */
  async remove(session: number, from: number, to: number): Promise<void> {
    const range = "WHERE session = ? AND position >= ? AND position <= ?";
    const next = this.#statements.of(
      `SELECT key, position FROM messages ${range} ORDER BY position LIMIT ${PIECE}`,
    );
    for (;;) {
      const rows = next.all(session, from, to - 1);
      const last = rows.at(-1);
      if (last === undefined) return;
      const piece = [session, from, last["position"] as number] as const;
      for (const row of rows) {
        const key = row["key"] as number;
        if (key % LEFT !== 0) this.#mark(key);
        await this.#writing.breathe();
      }
      const left = `UPDATE messages SET session = ${NOBODY} ${range} AND key % ${LEFT} = 0`;
      this.#statements.of(left).run(...piece);
      this.#statements.of(`DELETE FROM messages ${range}`).run(...piece);
    }
  }

  /** Moves a session's rows at positions from `from` up to `to`. */
  async move(session: number, from: number, to: number, by: number): Promise<void> {
    const update = this.#statements.of(
      "UPDATE messages SET position = position + ? WHERE session = ? AND position >= ? AND position < ?",
    );
    const pieces = Math.ceil((to - from) / PIECE);
    for (let piece = 0; piece < pieces; piece++) {
      // Those that go first are at the end which the others move to: none is moved twice.
      const start = from + (by < 0 ? piece : pieces - 1 - piece) * PIECE;
      update.run(by, session, start, Math.min(start + PIECE, to));
      await this.#writing.breathe();
    }
  }

  /** Lets other processes write. */
  async turn(): Promise<void> {
    await this.#order();
    await this.#writing.turn();
    if (this.#pieces() <= MANY) return;
    let isMore = true;
    while (isMore && !this.#writing.isDue) isMore = await this.merge();
    await this.#writing.turn();
  }

  /** Makes what was written so far visible, and puts some of the pieces of the full text together. */
  async end(): Promise<void> {
    await this.#order();
    await this.merge();
    this.#writing.end();
  }

  /**
   * Puts some of the pieces together that the full text was written in: the fewer, the faster a search.
   * @returns false when there is nothing to do.
   */
  async merge(): Promise<boolean> {
    const merge = this.#statements.of("INSERT INTO text (text, rank) VALUES ('merge', ?)");
    const until = performance.now() + MERGING;
    do {
      const before = this.changes();
      const took = await this.#alone(() => merge.run(this.#merged.size));
      // A merge that finds nothing to do is one change.
      if (this.changes() - before <= 1) return await this.#markLeft();
      this.#merged.took(took);
    } while (performance.now() < until);
    return true;
  }

  /** How many rows were changed since the index was opened. */
  changes(): number {
    return this.#statements.of("SELECT total_changes() AS changes").get()?.["changes"] as number;
  }

  /** Puts the words in order that were added; tells for how long. */
  async #order(): Promise<number> {
    this.#unordered = 0;
    const flush = this.#statements.of("INSERT INTO text (text) VALUES ('flush')");
    return await this.#alone(() => flush.run());
  }

  /** Does what takes long in a turn of the event loop of its own; tells for how long. */
  async #alone(work: () => unknown): Promise<number> {
    await this.#writing.rest();
    const begun = performance.now();
    work();
    const took = performance.now() - begun;
    await this.#writing.rest();
    return took;
  }

  /** In how many pieces the full text lies. */
  #pieces(): number {
    const next = "SELECT min(segid) FROM text_idx";
    const count = `WITH RECURSIVE piece (id) AS (${next} UNION ALL SELECT (${next} WHERE segid > id) FROM piece
                   WHERE id IS NOT NULL) SELECT count(id) AS count FROM piece`;
    return this.#statements.of(count).get()?.["count"] as number;
  }

  /** Removes some of the rows that are nobody's, and of them one of ten later than the others. */
  async #markLeft(): Promise<boolean> {
    const some = this.#statements.of(
      `SELECT key FROM messages WHERE session = ${NOBODY} AND key % ? <> 0 LIMIT ${PIECE}`,
    );
    for (let left = LEFT * LEFT; left < Number.MAX_SAFE_INTEGER; left *= LEFT) {
      const rows = some.all(left);
      for (const row of rows) {
        const key = row["key"] as number;
        this.#mark(key);
        this.#statements.of("DELETE FROM messages WHERE key = ?").run(key);
        await this.#writing.breathe();
      }
      if (rows.length > 0) return true;
    }
    return false;
  }

  #mark(key: number): void {
    this.#statements.of("DELETE FROM text WHERE rowid = ?").run(key);
  }
}

/** Whether the full text has rows that are nobody's, which a search must not find. */
export function hasRowsOfNobody(statements: Statements): boolean {
  return statements.of(`SELECT 1 FROM messages WHERE session = ${NOBODY} LIMIT 1`).get() !== undefined;
}
