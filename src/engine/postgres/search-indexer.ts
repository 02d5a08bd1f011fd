import { StoreClosedError } from "../../session/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { Row } from "./client.ts";
import type { Connection } from "./connection/connection.ts";
import { messageIn, readBatch } from "./message-reader.ts";
import { numberOf, textOf } from "./row.ts";
import { messageVector } from "./search-words.ts";
import { Statement, type Sql } from "./statement.ts";
import { NOW, type Tables } from "./tables.ts";

/** Sessions are indexed so many milliseconds after a commit, several commits at a time. */
const DELAY = 1000;
/** Sessions and messages that one step covers. */
const SESSIONS = 100;
const BATCH = 200;
/** A commit shows later than the time it carries; so many milliseconds are looked at again. */
const COVERED = 60_000;
/** The row that tells how far all sessions are. */
const ALL = "00000000-0000-0000-0000-000000000000";

/** When a session was stored last, by the server's clock. */
const STORED = "coalesce(s.stored_ms, s.updated_ms)";

type Which = { readonly ids: readonly SessionId[] } | { readonly since: number; readonly until?: number };

/** Neighbouring messages of one session. */
interface Batch {
  readonly id: SessionId;
  readonly life: string;
  /** Of the first. */
  readonly slot: number;
  readonly bodies: readonly string[];
}

/**
 * Puts the words of messages where they can be searched. Not within the commit, which would take several times as long:
 * soon after it, and before a search is answered for all that is missing still, whoever committed it.
 */
export class SearchIndexer {
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #changed = new Set<SessionId>();
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection;
    this.#tables = tables;
  }

  changed(id: SessionId): void {
    this.#changed.add(id);
    this.#timer ??= setTimeout(() => void this.#later(), DELAY).unref();
  }

  /** Indexes everything that was committed before now; commits without end do not keep it from ending. */
  async catchUp(): Promise<void> {
    const [state] = await this.#read(this.#progressStatement());
    const since = state === undefined ? 0 : numberOf(state, "past");
    const now = state === undefined ? 0 : numberOf(state, "now");
    for (;;) {
      const behind = await this.#read(this.#behindStatement({ since, until: now }));
      await this.#index(behind);
      if (behind.length < SESSIONS) break;
    }
    // What was missing when this began is in sessions that another commit has moved behind that moment.
    await this.#index(await this.#read(this.#behindStatement({ since: now })));
    // Written now and then only: what lies between is cheap to look at again.
    if (now - COVERED > since + COVERED) await this.#write(this.#markStatement(ALL, now - COVERED));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#changed.clear();
  }

  async #later(): Promise<void> {
    const ids = [...this.#changed];
    this.#changed.clear();
    try {
      for (let start = 0; start < ids.length; start += SESSIONS) {
        const rows = await this.#read(this.#behindStatement({ ids: ids.slice(start, start + SESSIONS) }));
        await this.#index(rows);
      }
    } catch (error) {
      // The next search does it, or says why it cannot.
      if (error instanceof StoreClosedError) return;
    }
    this.#timer = undefined;
    if (this.#changed.size > 0) this.#timer = setTimeout(() => void this.#later(), DELAY).unref();
  }

  /** Indexes what is missing of some sessions: takes a batch's words while the database stores those of the one before. */
  async #index(rows: readonly Row[]): Promise<void> {
    let stored: Promise<unknown> = Promise.resolve();
    for await (const { id, life, slot, bodies } of readAhead(this.#batches(rows))) {
      const vectors = bodies.map((body, index) => vectorOf(id, slot + index, body));
      await stored;
      stored = this.#write(this.#markStatement(life, slot + bodies.length, { slot, vectors }));
      // It is waited for below, or not at all where a read fails first.
      stored.catch(() => undefined);
    }
    await stored;
  }

  async *#batches(rows: readonly Row[]): AsyncGenerator<Batch> {
    for (const row of rows) {
      const id = textOf(row, "id") as SessionId;
      const life = textOf(row, "life");
      const end = numberOf(row, "next_slot");
      for (let slot = numberOf(row, "past"); slot < end;) {
        const runs = [slot, Math.min(slot + BATCH, end)];
        const bodies = await this.#connection.read("search", (attempt) =>
          readBatch(attempt, this.#tables, life, runs, false),
        );
        // Removed meanwhile.
        if (bodies.length === 0) break;
        yield { id, life, slot, bodies };
        slot += bodies.length;
      }
    }
  }

  #progressStatement(): Sql {
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const text = `select coalesce((select past from ${this.#tables.indexed} where tenant = ${tenant}
      and life = ${statement.param(ALL, "uuid")}), 0) as past, ${NOW} as now`;
    return { text, params: statement.params };
  }

  /** Sessions with words that are missing: certain ones, or those that were stored since a time, at most `SESSIONS` until another. */
  #behindStatement(which: Which): Sql {
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const conditions: string[] = [];
    if ("ids" in which) {
      const ids = statement.param(which.ids.join(","), "text");
      conditions.push(`s.id = any(string_to_array(${ids}, ',')::uuid[])`);
    } else {
      const since = statement.param(which.since, "bigint");
      conditions.push(`(s.updated_ms >= ${since} or s.stored_ms >= ${since})`);
      if (which.until !== undefined)
        conditions.push(`${STORED} <= ${statement.param(which.until, "bigint")}`);
    }
    const limit = "until" in which ? `limit ${SESSIONS}` : "";
    const text = `select s.id, s.life, s.next_slot, coalesce(i.past, 0) as past
      from ${this.#tables.sessions} s
        left join ${this.#tables.indexed} i on i.tenant = ${tenant} and i.life = s.life
      where s.tenant = ${tenant} and s.removed_ms = 0 and not s.purged and ${conditions.join(" and ")}
        and s.next_slot > coalesce(i.past, 0)
      order by ${STORED} ${limit}`;
    return { text, params: statement.params };
  }

  #markStatement(life: string, past: number, words?: { slot: number; vectors: readonly string[] }): Sql {
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const key = statement.param(life, "uuid");
    const mark = `insert into ${this.#tables.indexed} as i (tenant, life, past)
      values (${tenant}, ${key}, ${statement.param(past, "bigint")})
      on conflict (tenant, life) do update set past = greatest(i.past, excluded.past)`;
    const parts = [`marked as (${mark})`];
    if (words !== undefined) {
      const lines = `string_to_array(${statement.param(words.vectors.join("\n"), "text")}, E'\\n', '')`;
      parts.push(`added as (
        insert into ${this.#tables.words} (tenant, life, slot, words)
        select ${tenant}, ${key}, ${statement.param(words.slot, "bigint")} + number - 1, coalesce(line, '')::tsvector
        from unnest(${lines}) with ordinality as lines(line, number)
        on conflict (tenant, life, slot) do nothing)`);
    }
    // Derived: what a power cut takes is indexed again.
    const text = `with ${parts.join(", ")} select set_config('synchronous_commit', 'off', true)`;
    return { text, params: statement.params };
  }

  async #read(sql: Sql): Promise<readonly Row[]> {
    return await this.#connection.read("search", (attempt) => attempt.send(sql));
  }

  async #write(sql: Sql): Promise<void> {
    await this.#connection.read("index messages", (attempt) => attempt.send(sql));
  }
}

/** The same, each item asked for while the one before is worked on. */
async function* readAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next();
  for (;;) {
    const result = await next;
    if (result.done === true) return;
    next = source.next();
    // It is waited for by the next turn, if there is one.
    next.catch(() => undefined);
    yield result.value;
  }
}

/** A message that cannot be read has no words; reading it says so. */
function vectorOf(id: SessionId, position: number, body: string): string {
  try {
    return messageVector(messageIn(id, position, body));
  } catch {
    return "";
  }
}
