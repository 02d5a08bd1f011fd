import { SessionStoreError, StoreClosedError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Row } from "../client.ts";
import type { Connection } from "../connection/connection.ts";
import { messageIn, readBatch } from "../read/message-reader.ts";
import { numberOf, textOf, textOrNullOf } from "../row.ts";
import { messageVector } from "./search-words.ts";
import { Statement, type Sql } from "../statement.ts";
import type { Tables } from "../schema/tables.ts";
import {
  changesFrom,
  changesOf,
  isBefore,
  NO_ID,
  parseSnapshot,
  SNAPSHOT,
  snapshotOf,
  type ChangePosition,
  type Condition,
  type Snapshot,
} from "../read/snapshot.ts";

/** Sessions are indexed so many milliseconds after a commit, several commits at a time. */
const DELAY = 1000;
/** Sessions that one statement asks for, and that it looks at; messages that one step covers. */
const SESSIONS = 100;
const LOOKED_AT = 1000;
const MOST = 1_000_000;
const BATCH = 200;
/** How far the index is, is written again when so many transactions were since: what lies between is looked at again. */
const REMARKED = 10_000n;
/** The row that tells how far all sessions are. */
const ALL = "00000000-0000-0000-0000-000000000000";
/** Which server it is: the number that its data were given when they were made. */
const CLUSTER = "(select system_identifier::text from pg_control_system())";

/** How far the index is, and what a search has to find. */
interface Progress {
  /** What was indexed of; `undefined` when nothing is known of it, or it was another server. */
  readonly mark: Snapshot | undefined;
  readonly now: Snapshot;
  readonly snapshot: string;
  readonly cluster: string;
}

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
    const progress = await this.#progress();
    const { mark, now } = progress;
    let indexed: number;
    if (mark === undefined) indexed = await this.#indexAll();
    else {
      const ofRunning = await this.#read(this.#stateStatement(changesOf(this.#tables, mark)));
      indexed = await this.#index(ofRunning);
      indexed += await this.#indexChanges(mark.past, now.past);
      // What was missing when this began is in sessions that another commit has moved behind that moment.
      const from = { transaction: now.past, id: NO_ID };
      const moved = await this.#read(this.#stateStatement(changesFrom(this.#tables, from, undefined, MOST)));
      indexed += await this.#index(moved);
    }
    if (indexed > 0 || mark === undefined || BigInt(now.past) - BigInt(mark.past) > REMARKED) {
      await this.#remember(progress);
    }
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
        const some = ids.slice(start, start + SESSIONS).join(",");
        const rows = await this.#read(
          this.#stateStatement(
            (statement) => `(
              select id, (
                select life from ${this.#tables.activity}
                where tenant = ${statement.param(this.#tables.tenant, "text")} and id = sought.id and listed limit 1
              ) as life, 0::bigint as changed_by
              from unnest(string_to_array(${statement.param(some, "text")}, ',')::uuid[]) as sought(id)
            )`,
          ),
        );
        await this.#index(rows);
      }
    } catch (error) {
      // The next search does it, or says why it cannot.
      if (error instanceof StoreClosedError) return;
    }
    this.#timer = undefined;
    if (this.#changed.size > 0) this.#timer = setTimeout(() => void this.#later(), DELAY).unref();
  }

  /**
   * Indexes what is missing of some sessions: takes a batch's words while the database stores those of the one before.
   * @returns of how many.
   */
  async #index(rows: readonly Row[]): Promise<number> {
    const behind = rows.filter(
      (row) => row["next_slot"] !== null && numberOf(row, "next_slot") > numberOf(row, "past"),
    );
    let stored: Promise<unknown> = Promise.resolve();
    for await (const { id, life, slot, bodies } of readAhead(this.#batches(behind))) {
      const vectors = bodies.map((body, index) => vectorOf(id, slot + index, body));
      await stored;
      stored = this.#write(this.#markStatement(life, slot + bodies.length, { slot, vectors }));
      // It is waited for below, or not at all where a read fails first.
      stored.catch(() => undefined);
    }
    await stored;
    return behind.length;
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

  /** Indexes what is missing of all sessions. @returns of how many. */
  async #indexAll(): Promise<number> {
    let behind = NO_ID;
    for (let indexed = 0; ;) {
      const id = behind;
      const rows = await this.#read(
        this.#stateStatement(
          (statement) => `(
            select id, life, changed_by from ${this.#tables.activity}
            where tenant = ${statement.param(this.#tables.tenant, "text")} and listed
              and id > ${statement.param(id, "uuid")}
            order by id limit ${LOOKED_AT}
          )`,
        ),
      );
      indexed += await this.#index(rows);
      const last = rows.at(-1);
      if (last === undefined) return indexed;
      behind = rows.reduce((most, row) => (textOf(row, "id") > most ? textOf(row, "id") : most), behind);
    }
  }

  /** Indexes what is missing of the sessions that certain transactions changed. @returns of how many. */
  async #indexChanges(past: string, before: string): Promise<number> {
    let from: ChangePosition = { transaction: past, id: NO_ID };
    for (let indexed = 0; ;) {
      const changes = changesFrom(this.#tables, from, before, LOOKED_AT);
      const rows = await this.#read(this.#stateStatement(changes));
      indexed += await this.#index(rows);
      const last = rows.at(-1);
      if (last === undefined) return indexed;
      from = { transaction: String(numberOf(last, "changed_by")), id: textOf(last, "id") };
    }
  }

  async #progress(): Promise<Progress> {
    const [row] = await this.#connection.read("search", async (attempt) => {
      try {
        return await attempt.send(this.#progressStatement(CLUSTER));
      } catch (error) {
        // Where it may not be asked which server this is.
        if (!["42501", "42883"].includes((error as { code?: string }).code ?? "")) throw error;
        return await attempt.send(this.#progressStatement("''"));
      }
    });
    if (row === undefined) throw new TypeError("no answer about the search index");
    const now = snapshotOf(row, "now");
    const cluster = textOf(row, "cluster");
    const mark = parseSnapshot(textOrNullOf(row, "snapshot") ?? "");
    // The numbers of another server's transactions say nothing here.
    const holds = mark !== undefined && row["marked_cluster"] === cluster && isBefore(mark, now);
    return { mark: holds ? mark : undefined, now, snapshot: textOf(row, "now"), cluster };
  }

  #progressStatement(cluster: string): Sql {
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const text = `select ${SNAPSHOT} as now, ${cluster} as cluster, i.snapshot, i.cluster as marked_cluster
      from (select ${tenant} as tenant) t left join ${this.#tables.indexed} i
        on i.tenant = t.tenant and i.life = ${statement.param(ALL, "uuid")}`;
    return { text, params: statement.params };
  }

  /** Whoever may only read leaves it to others to note how far the index is. */
  async #remember({ snapshot, cluster }: Progress): Promise<void> {
    const statement = new Statement();
    const text = `insert into ${this.#tables.indexed} (tenant, life, past, snapshot, cluster)
      values (${statement.param(this.#tables.tenant, "text")}, ${statement.param(ALL, "uuid")}, 0,
        ${statement.param(snapshot, "text")}, ${statement.param(cluster, "text")})
      on conflict (tenant, life) do update set snapshot = excluded.snapshot, cluster = excluded.cluster
      returning set_config('synchronous_commit', 'off', true)`;
    try {
      await this.#write({ text, params: statement.params });
    } catch (error) {
      const isRefused =
        error instanceof SessionStoreError && ["PERMISSION_DENIED", "READ_ONLY"].includes(error.code);
      if (!isRefused) throw error;
    }
  }

  /** How far some sessions are indexed, in the order of `changed_by` and id; null for those that are gone. */
  #stateStatement(sessions: Condition): Sql {
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const text = `select a.id, a.life, a.changed_by, s.next_slot, coalesce(i.past, 0) as past
      from ${sessions(statement)} a
        left join lateral (
          select next_slot from ${this.#tables.sessions}
          where tenant = ${tenant} and id = a.id and removed_ms = 0 and life = a.life limit 1
        ) s on true
        left join lateral (
          select past from ${this.#tables.indexed} where tenant = ${tenant} and life = a.life limit 1
        ) i on true
      order by a.changed_by, a.id`;
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
