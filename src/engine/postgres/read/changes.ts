import { StoreClosedError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { ChangeFeed } from "../../change-feed.ts";
import type { Connection } from "../connection/connection.ts";
import { textOf, textOrNullOf } from "../row.ts";
import type { Tables } from "../schema/tables.ts";
import { Statement, type Sql } from "../statement.ts";
import { ANY_SESSION } from "../write/sweep.ts";
import { Bell } from "./bell.ts";
import { channelOf } from "./notifier.ts";
import { changesFrom, changesOf, isBefore, NO_ID, SNAPSHOT, snapshotOf, type Snapshot } from "./snapshot.ts";

/** How often watchers look, in milliseconds. */
const POLL = 500;
/** When more sessions changed between two looks, it is not told which. */
const MOST = 10_000;
/** Whoever has not looked for so many milliseconds begins anew: removals stay noted for some time only. */
const LONGEST_GAP = 1_800_000;
/** The server's history: a promoted standby begins another, which may have given the same numbers to other transactions. */
const TIMELINE =
  "case when pg_is_in_recovery() then null else left(pg_walfile_name(pg_current_wal_lsn()), 8) end";

/** What was seen. */
interface Mark {
  readonly snapshot: Snapshot;
  readonly timeline: string;
  /** By `performance.now()`. */
  readonly at: number;
}

/**
 * Finds what others changed, for all watchers of an engine together: looks twice a second for what its last look could
 * not see. A notification only makes it look at once.
 */
export class Changes {
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #feed = new ChangeFeed();
  readonly #bell = new Bell();
  #watchers = 0;
  #looking: Promise<void> | undefined;
  #mark: Mark | undefined;
  /** Settles when there is a mark. */
  #marked = Promise.withResolvers<undefined>();

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection;
    this.#tables = tables;
  }

  /** Hints for one watcher, beginning with one for any session; ends with the signal. */
  async *watch(signal: AbortSignal): AsyncGenerator<SessionId | undefined> {
    if (signal.aborted) return;
    this.#connection.assertOpen();
    const ended = new AbortController();
    const end = (): void => ended.abort();
    signal.addEventListener("abort", end);
    this.#watchers++;
    const failed = this.#look().catch((error: unknown) => {
      end();
      throw error;
    });
    failed.catch(() => undefined);
    try {
      // What is listed from here on is at least as new as the mark, and what changes afterwards is told.
      await Promise.race([this.#marked.promise, aborted(ended.signal)]);
      yield* this.#feed.hints(ended.signal);
      if (!signal.aborted) await failed;
    } finally {
      signal.removeEventListener("abort", end);
      end();
      if (--this.#watchers === 0) this.#bell.ring();
    }
  }

  /** Looks as long as somebody watches. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOn();
    return this.#looking;
  }

  async #lookOn(): Promise<void> {
    const unlisten = await this.#listen();
    try {
      while (this.#watchers > 0) {
        await this.#lookOnce();
        if (this.#watchers > 0) await this.#bell.wait(POLL);
      }
    } finally {
      // At once, so that a watcher who comes now makes it begin again.
      this.#looking = undefined;
      this.#mark = undefined;
      this.#marked = Promise.withResolvers();
      await unlisten().catch(() => undefined);
    }
  }

  async #lookOnce(): Promise<void> {
    const before = this.#mark;
    let mark: Mark;
    let ids: readonly string[];
    try {
      const [row] = await this.#connection.read("look for changes", (attempt) =>
        attempt.send(this.#statement(before)),
      );
      const timeline = row && textOrNullOf(row, "timeline");
      // A standby does not know which transactions are running.
      if (row === undefined || typeof timeline !== "string") return;
      mark = { snapshot: snapshotOf(row, "snapshot"), timeline, at: performance.now() };
      ids = textOf(row, "ids").split(",").filter(Boolean);
    } catch (error) {
      if (error instanceof StoreClosedError) throw error;
      // It cannot be told now; the next look sees what this one would have seen.
      return;
    }
    this.#mark = mark;
    this.#marked.resolve(undefined);
    if (before === undefined) return;
    if (!follows(mark, before) || ids.length >= MOST || ids.includes(ANY_SESSION)) this.#feed.tell(undefined);
    else for (const id of ids) this.#feed.tell(id as SessionId);
  }

  #statement(before: Mark | undefined): Sql {
    const statement = new Statement();
    if (before === undefined) {
      return { text: `select ${SNAPSHOT} as snapshot, ${TIMELINE} as timeline, '' as ids`, params: [] };
    }
    const from = { transaction: before.snapshot.past, id: NO_ID };
    const parts = [
      changesFrom(this.#tables, from, undefined, MOST),
      changesOf(this.#tables, before.snapshot),
    ];
    const changed = parts.map((part) => `select id from ${part(statement)}`).join(" union ");
    const text = `select ${SNAPSHOT} as snapshot, ${TIMELINE} as timeline,
      coalesce((select string_agg(id::text, ',') from (${changed}) changed), '') as ids`;
    return { text, params: statement.params };
  }

  async #listen(): Promise<() => Promise<void>> {
    try {
      const client = await this.#connection.client();
      const listening = await client.listen?.(channelOf(this.#tables), () => this.#bell.ring());
      return listening ?? (() => Promise.resolve());
    } catch {
      return () => Promise.resolve();
    }
  }
}

/** Whether all that changed between two looks can be told from the first one's snapshot. */
function follows(mark: Mark, before: Mark): boolean {
  return (
    mark.timeline === before.timeline &&
    isBefore(before.snapshot, mark.snapshot) &&
    mark.at - before.at < LONGEST_GAP
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
