import { crc32 } from "node:zlib";
import type { StatementSync } from "node:sqlite";
import { StoreClosedError } from "../../../../session/errors/errors.ts";
import type { Json } from "../../../../session/json/json.ts";
import { parsedMessage, type Message } from "../../../../session/message.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { searchableOf } from "../../../search/search-text.ts";
import type { FileContext } from "../../disk/file-context.ts";
import type { AcceptedCommit, JournalPosition } from "../../journal/follow-journal.ts";
import { Journal } from "../../journal/journal.ts";
import { messageSlices } from "../../journal/record/record-content.ts";
import { MessageArray } from "../../read/messages/message-list.ts";
import { readInto } from "../../read/session-reading.ts";
import { readSessionTail } from "../../read/session-tail.ts";
import { DamagedIndex, isOfTheIndex } from "../index-trouble.ts";
import type { Statements } from "../statements.ts";
import { journalIdentity } from "../summaries/file-identity.ts";
import { TITLE, type TextPlace, type TextRows } from "./text-rows.ts";
import type { Writing } from "../writing.ts";

/** A session whose text is not that of its files. */
export interface Behind {
  readonly key: number;
  readonly id: SessionId;
  readonly identity: string;
  readonly title: string | null;
  readonly journal: string | null;
  readonly position: string | null;
  readonly count: number | null;
  /** Where the journal ended when it first had its turn: so far it is followed, however fast it grows. */
  readonly end?: number;
}

/** One whose end is known. */
export type Ending = Behind & { readonly end: number };

/** The session, when some of it may be left; "unusual": it cannot be followed, but has to be read whole. */
type Followed = Ending | "all" | "unusual";

/**
 * Takes one session's text into the full text. It follows the session's journal from where it was left, so that a turn
 * costs a turn; what is no journal of ours is read whole.
 */
export class TextFollower {
  readonly #context: FileContext;
  readonly #statements: Statements;
  readonly #rows: TextRows;
  readonly #writing: Writing;

  constructor(context: FileContext, statements: Statements, rows: TextRows, writing: Writing) {
    this.#context = context;
    this.#statements = statements;
    this.#rows = rows;
    this.#writing = writing;
  }

  /**
   * Takes in one session, or a part of it when time runs out or another process has gone on with it.
   * @returns the session when some of it may be left, with the end up to which it is followed.
   */
  async takeIn(session: Behind, until: number): Promise<Ending | undefined> {
    const followed = await unlessUnreadable(this.#followFile(session, until));
    if (followed === "all") return undefined;
    if (followed !== "unusual" && followed !== "unreadable") return followed;
    if ((await unlessUnreadable(this.#readWhole(session))) !== "unreadable") return undefined;
    // It has no text until its files are others.
    await this.clear(session.key);
    this.#note(session.key, session.identity, null, null, 0);
    return undefined;
  }

  async #followFile(session: Behind, until: number): Promise<Followed> {
    const { disk, paths } = this.#context;
    const found = Journal.open(disk, paths, session.id, "read");
    if (found.kind !== "ok") return "unusual";
    try {
      return await this.#follow(session, found.journal, until);
    } finally {
      found.journal.close();
    }
  }

  async #follow(found: Behind, journal: Journal, until: number): Promise<Followed> {
    const tail = endOf(() => readSessionTail(this.#context, found.id, journal));
    if (tail === undefined || tail.scan.removed !== undefined) return "unusual";
    const end = tail.scan.position;
    const session = { ...found, end: found.end ?? end.offset };
    const identity = journalIdentity(tail.journalStat, journal.header);
    const isKnown = session.journal === identity && session.position !== null && session.count !== null;
    if (isKnown) {
      const start = positionIn(session.position ?? "");
      const count = session.count ?? 0;
      const followed = await this.#followFrom(session, journal, identity, end, start, count, until);
      if (followed !== "unusual") return followed;
    }
    if (!this.#isStill(session.key, session.position)) return session;
    await this.clear(session.key);
    const empty = { ...session, journal: null, position: null, count: null };
    return await this.#followFrom(empty, journal, identity, end, journal.begin, 0, until);
  }

  async #followFrom(
    session: Ending,
    journal: Journal,
    identity: string,
    end: JournalPosition,
    start: JournalPosition,
    startCount: number,
    until: number,
  ): Promise<Followed> {
    let position = start;
    let count = startCount;
    let isRemoved = false;
    const following = journal.follow(start);
    if (!this.#isStill(session.key, session.position)) return session;
    for (;;) {
      const next = await following.next();
      if (next.done === true) {
        // Who begins elsewhere in a file finds nothing that follows, and does not get to its end.
        const { damage, removed } = next.value;
        const isEnd =
          position.life > end.life || position.revision > end.revision || position.checksum === end.checksum;
        if (damage !== undefined || removed !== undefined || !isEnd) return "unusual";
        break;
      }
      for (const commit of next.value) {
        const { record, line, offset } = commit;
        isRemoved = record.removed !== undefined;
        if (record.life > position.life) {
          // Nothing of an earlier life is found.
          await this.#rows.remove(session.key, TITLE, Number.MAX_SAFE_INTEGER);
          count = 0;
        }
        await this.#splice(session.key, commit, count);
        count = record.messageCount;
        const { life, revision, checksum } = record;
        position = { offset: offset + line.length + 1, life, revision, checksum };
        const isOver = performance.now() > until;
        if (!isOver && !this.#writing.isDue) continue;
        this.#note(session.key, "", identity, position, count);
        if (isOver) return session;
        await this.#rows.turn();
        if (!this.#isStill(session.key, JSON.stringify(position))) return session;
      }
      if (position.offset < session.end) continue;
      if (isRemoved) return "unusual";
      break;
    }
    await this.#setTitle(session);
    this.#note(session.key, session.identity, identity, position, count);
    return "all";
  }

  /** Whether a session's text is as this process last saw it; another process may have gone on with it. */
  #isStill(key: number, position: string | null): boolean {
    return (
      ((this.#sql("SELECT position FROM texts WHERE session = ?").get(key)?.["position"] ?? null) as
        string | null) === position
    );
  }

  async #splice(key: number, { record, line, offset: at }: AcceptedCommit, count: number): Promise<void> {
    if (record.splice === undefined) return;
    const [start, deleteCount] = record.splice;
    if (deleteCount > 0) await this.#rows.remove(key, start, start + deleteCount);
    const shift = record.sizes.length - deleteCount;
    if (shift !== 0 && start + deleteCount < count) {
      await this.#rows.move(key, start + deleteCount, count, shift);
    }
    for (const [index, text] of messageSlices(line, record, 0, record.sizes.length).entries()) {
      const message = parsedMessage(JSON.parse(text.toString("utf8")) as Json);
      const place = { at: at + text.byteOffset - line.byteOffset, length: text.length, sum: crc32(text) };
      await this.#add(key, start + index, message, place);
    }
  }

  async #readWhole(session: Behind): Promise<void> {
    const list = new MessageArray();
    const { files } = await readInto(this.#context, session.id, list);
    files.close();
    const known = this.#sql("SELECT identity FROM texts WHERE session = ?").get(session.key)?.["identity"];
    if (known === session.identity) return;
    await this.clear(session.key);
    for (const [position, message] of list.messages.entries()) {
      await this.#add(session.key, position, message, undefined);
    }
    await this.#setTitle(session);
    this.#note(session.key, session.identity, null, null, list.count);
  }

  async #add(key: number, position: number, message: Message, place: TextPlace | undefined): Promise<void> {
    const found = searchableOf(message);
    if (found.text === "") await this.#writing.breathe();
    else await this.#rows.add(key, position, found, place);
  }

  async #setTitle({ key, title }: Behind): Promise<void> {
    await this.#rows.remove(key, TITLE, 0);
    if (title === null || title === "") return;
    await this.#rows.add(key, TITLE, { text: title, speaker: null, tools: [] }, undefined);
  }

  /** Removes all of a session's text. */
  async clear(key: number): Promise<void> {
    await this.#rows.remove(key, TITLE, Number.MAX_SAFE_INTEGER);
    this.#sql("DELETE FROM texts WHERE session = ?").run(key);
  }

  #note(
    key: number,
    identity: string,
    journal: string | null,
    position: JournalPosition | null,
    count: number,
  ): void {
    this.#sql(
      "INSERT OR REPLACE INTO texts (session, identity, journal, position, count) VALUES (?, ?, ?, ?, ?)",
    ).run(key, identity, journal, position === null ? null : JSON.stringify(position), count);
  }

  #sql(text: string): StatementSync {
    return this.#statements.of(text);
  }
}

/** What `work` gives; "unreadable" when it fails by the session's files, which costs no other session anything. */
async function unlessUnreadable<T>(work: Promise<T>): Promise<T | "unreadable"> {
  try {
    return await work;
  } catch (error) {
    if (isOfTheIndex(error) || error instanceof StoreClosedError) throw error;
    return "unreadable";
  }
}

function positionIn(text: string): JournalPosition {
  try {
    return JSON.parse(text) as JournalPosition;
  } catch (error) {
    throw new DamagedIndex("a position", { cause: error });
  }
}

function endOf<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
