import { SessionStoreError, StoreClosedError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Row } from "../client.ts";
import type { Connection } from "../connection/connection.ts";
import { messageIn, readBatch } from "../read/message-reader.ts";
import { numberOf, textOf } from "../row.ts";
import { messageVector } from "./search-words.ts";
import { Statement, type Sql } from "../statement.ts";
import type { Tables } from "../schema/tables.ts";
import { changesFrom, changesOf, NO_ID, type ChangePosition, type Condition } from "../read/snapshot.ts";
import { progressStatement, readProgress, stateStatement, type Progress } from "./index-progress.ts";

/** Sessions are indexed so many milliseconds after a commit, several commits at a time. */
const DELAY = 1000;
/** Sessions that one statement asks for, and that it looks at; messages that one step covers. */
const SESSIONS = 100;
const LOOKED_AT = 1000;
const MOST = 1_000_000;
const BATCH = 200;
/** How far the index is, is written again when so many transactions were since: what lies between is looked at again. */
const REMARKED = 10_000n;

/** Neighbouring messages of one session. */
interface Batch {
  readonly id: SessionId;
  readonly life: string;
  /** How often its messages had been edited before they were read. */
  readonly edits: number;
  /** Of the first. */
  readonly slot: number;
  readonly bodies: readonly string[];
}

type Place = Pick<Batch, "life" | "edits" | "slot">;

/**
 * Puts the words of messages where they can be searched. Not within the commit, which would take several times as long:
 * soon after it, and before a search is answered for all that is missing still, whoever committed it.
 */
export class SearchIndexer {
  readonly #connection: Connection;
  readonly #tables: Tables;
  readonly #changed = new Set<SessionId>();
  #timer: NodeJS.Timeout | undefined;
  #isCatchingUp = false;

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
    const progress = await this.#connection.read("search", (attempt) => readProgress(attempt, this.#tables));
    const { mark, now } = progress;
    let indexed: number;
    if (mark === undefined) indexed = await this.#indexAll();
    else if (mark.past === now.past && mark.running.length === 0) return;
    else {
      indexed = mark.running.length === 0 ? 0 : await this.#indexThose(changesOf(this.#tables, mark));
      indexed += await this.#indexChanges(mark.past, now.past);
      // What was missing when this began is in sessions that another commit has moved behind that moment.
      const from = { transaction: now.past, id: NO_ID };
      indexed += await this.#indexThose(changesFrom(this.#tables, from, undefined, MOST));
    }
    if (indexed > 0 || mark === undefined || BigInt(now.past) - BigInt(mark.past) > REMARKED) {
      await this.#remember(progress);
    }
  }

  /** The same for a search that does not wait for it; at most one at a time. */
  catchUpSoon(): void {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    void this.catchUp()
      // The next search that waits for it says why it cannot.
      .catch(() => undefined)
      .finally(() => (this.#isCatchingUp = false));
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
        await this.#indexThose(sessionsNamed(this.#tables, ids.slice(start, start + SESSIONS)));
      }
    } catch (error) {
      // The next search does it, or says why it cannot.
      if (error instanceof StoreClosedError) return;
    }
    this.#timer = undefined;
    if (this.#changed.size > 0) this.#timer = setTimeout(() => void this.#later(), DELAY).unref();
  }

  /** Indexes what is missing of some sessions. @returns of how many. */
  async #indexThose(sessions: Condition): Promise<number> {
    return await this.#index(await this.#read(stateStatement(this.#tables, sessions)));
  }

  /**
   * Indexes what is missing of sessions by their state: takes a batch's words while the database stores those of the one before.
   * @returns of how many.
   */
  async #index(rows: readonly Row[]): Promise<number> {
    const behind = rows.filter(
      (row) => row["next_slot"] !== null && numberOf(row, "next_slot") > numberOf(row, "past"),
    );
    const edited = new Set<SessionId>();
    let stored: Promise<unknown> = Promise.resolve();
    for await (const { id, bodies, ...place } of readAhead(this.#batches(behind))) {
      const vectors = bodies.map((body, index) => vectorOf(id, place.slot + index, body));
      await stored;
      stored = this.#store(id, place, vectors).then((isStored) => isStored || edited.add(id));
      // It is waited for below, or not at all where a read fails first.
      stored.catch(() => undefined);
    }
    await stored;
    // Their messages were edited after they had been read.
    if (edited.size > 0) await this.#indexThose(sessionsNamed(this.#tables, [...edited]));
    return behind.length;
  }

  async *#batches(rows: readonly Row[]): AsyncGenerator<Batch> {
    for (const row of rows) {
      const id = textOf(row, "id") as SessionId;
      const life = textOf(row, "life");
      const edits = numberOf(row, "edits");
      const end = numberOf(row, "next_slot");
      for (let slot = numberOf(row, "past"); slot < end;) {
        const runs = [slot, Math.min(slot + BATCH, end)];
        const bodies = await this.#connection.read("search", (attempt) =>
          readBatch(attempt, this.#tables, life, runs, false),
        );
        if (bodies.length > 0) yield { id, life, edits, slot, bodies };
        slot += bodies.length;
        if (bodies.length > 0) continue;
        const next = await this.#nextSlot(id, life, slot, end);
        // Removed meanwhile.
        if (next === undefined) break;
        // What is missing was given up with the history that had it.
        slot = next;
        if (slot === end) yield { id, life, edits, slot, bodies };
      }
    }
  }

  /** The next slot of a session that has a message, or `end`; `undefined` where there is no such session any more. */
  async #nextSlot(id: SessionId, life: string, from: number, end: number): Promise<number | undefined> {
    const statement = new Statement();
    const tenant = statement.param(this.#tables.tenant, "text");
    const key = statement.param(life, "uuid");
    const past = statement.param(end, "bigint");
    const text = `select coalesce((
        select slot from ${this.#tables.messages}
        where tenant = ${tenant} and life = ${key} and slot >= ${statement.param(from, "bigint")} and slot < ${past}
        order by slot limit 1
      ), ${past}) as slot
      from ${this.#tables.sessions}
      where tenant = ${tenant} and id = ${statement.param(id, "uuid")} and removed_ms = 0 and life = ${key}`;
    const [row] = await this.#read({ text, params: statement.params });
    return row && numberOf(row, "slot");
  }

  /** Indexes what is missing of all sessions. @returns of how many. */
  async #indexAll(): Promise<number> {
    let behind = NO_ID;
    for (let indexed = 0; ;) {
      const id = behind;
      const rows = await this.#read(
        stateStatement(
          this.#tables,
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
      const rows = await this.#read(stateStatement(this.#tables, changes));
      indexed += await this.#index(rows);
      const last = rows.at(-1);
      if (last === undefined) return indexed;
      from = { transaction: String(numberOf(last, "changed_by")), id: textOf(last, "id") };
    }
  }

  /** Whoever may only read leaves it to others to note how far the index is. */
  async #remember(progress: Progress): Promise<void> {
    try {
      await this.#write(progressStatement(this.#tables, progress));
    } catch (error) {
      const isRefused =
        error instanceof SessionStoreError && ["PERMISSION_DENIED", "READ_ONLY"].includes(error.code);
      if (!isRefused) throw error;
    }
  }

  async #read(sql: Sql): Promise<readonly Row[]> {
    return await this.#connection.read("search", (attempt) => attempt.send(sql));
  }

  async #write(sql: Sql): Promise<readonly Row[]> {
    return await this.#connection.read("index messages", (attempt) => attempt.send(sql));
  }

  /** @returns false when the messages are not those any more that the words were taken from. */
  async #store(id: SessionId, place: Place, vectors: readonly string[]): Promise<boolean> {
    const rows = await this.#write(wordsStatement(this.#tables, id, place, vectors));
    return rows.every((row) => textOf(row, "is_stored") === "true");
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

/** Sessions by their ids, for `stateStatement`. */
function sessionsNamed(tables: Tables, ids: readonly SessionId[]): Condition {
  return (statement) => `(
    select id, (
      select life from ${tables.activity}
      where tenant = ${statement.param(tables.tenant, "text")} and id = sought.id and listed limit 1
    ) as life, 0::bigint as changed_by
    from unnest(string_to_array(${statement.param(ids.join(","), "text")}, ',')::uuid[]) as sought(id)
  )`;
}

/**
 * Puts the words of neighbouring messages into the index, and notes how far their session is; nothing of it where the
 * session is gone, or its messages were edited since they were read. An edit locks the same row first (index-edit.ts).
 */
function wordsStatement(
  tables: Tables,
  id: SessionId,
  { life, edits, slot }: Place,
  vectors: readonly string[],
): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const key = statement.param(life, "uuid");
  const known = statement.param(edits, "bigint");
  const lines = `string_to_array(${statement.param(vectors.join("\n"), "text")}, E'\\n', '')`;
  // Derived: what a power cut takes is indexed again.
  const text = `with there as (
      select from ${tables.sessions}
      where tenant = ${tenant} and id = ${statement.param(id, "uuid")} and life = ${key} and removed_ms = 0
    ), marked as (
      insert into ${tables.indexed} as i (tenant, life, past, edits)
      select ${tenant}, ${key}, ${statement.param(slot + vectors.length, "bigint")}, ${known} from there
      where ${known} = 0 or exists (select from ${tables.indexed} where tenant = ${tenant} and life = ${key})
      on conflict (tenant, life) do update set past = greatest(i.past, excluded.past) where i.edits = excluded.edits
      returning life
    ), added as (
      insert into ${tables.words} (tenant, life, slot, words)
      select ${tenant}, marked.life, ${statement.param(slot, "bigint")} + number - 1, coalesce(line, '')::tsvector
      from unnest(${lines}) with ordinality as lines(line, number) cross join marked
      on conflict (tenant, life, slot) do nothing
    ) select (exists (select from marked) or not exists (select from there))::text as is_stored,
      set_config('synchronous_commit', 'off', true)`;
  return { text, params: statement.params };
}

/** A message that cannot be read has no words; reading it says so. */
function vectorOf(id: SessionId, position: number, body: string): string {
  try {
    return messageVector(messageIn(id, position, body));
  } catch {
    return "";
  }
}
