import { CorruptSessionError, SessionNotFoundError } from "../../../session/errors/errors.ts";
import { fromStoredChanges } from "../../../session/head.ts";
import { parseJson, type JsonObject } from "../../../session/json/json.ts";
import type { Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { sideLists, type SideEntry } from "../../../session/side-lists.ts";
import type { StoredCommit } from "../../contract.ts";
import { historyBegins } from "../../give-up.ts";
import type { Row } from "../client.ts";
import type { Connection } from "../connection/connection.ts";
import { messageIn, readBatch, readLayout } from "./message-reader.ts";
import { numberOf, textOf, textOrNullOf, timeOf } from "../row.ts";
import { readSideEntries } from "./side-reader.ts";
import { joinRuns, lengthOfRuns, parseRuns, sliceRuns, type Runs } from "./runs.ts";
import { Statement } from "../statement.ts";
import { sealOf } from "../schema/commit-seal.ts";
import type { Tables } from "../schema/tables.ts";

/** Commits that one statement fetches, at most; their messages come in batches of their own. */
const PAGE = 500;
const BATCH = 500;

/** By name: a newer version may add some. */
const COLUMNS = `revision, tag, at_ms, operation_id, start, delete_count, first_slot, inserted, checksum, bytes, changes,
  sets_tokens, token_count, message_count, first_item, items, array_to_string(runs, ',') as runs`;

/** A commit with what only `verify` needs of it. */
export interface CommitRow {
  readonly commit: StoredCommit;
  /** The row is as the server stored it; always true when that was not asked for. */
  readonly isSealed: boolean;
  /** As noted, in milliseconds since 1970. */
  readonly ms: number;
  readonly bytes: number;
  readonly items: { readonly first: number; readonly count: number };
  readonly firstSlot: number;
  /** Where its messages stand. */
  readonly slots: Runs;
  readonly checksum: number;
  readonly messageCount: number;
  /** The messages, to the letter. */
  readonly bodies: readonly string[];
  readonly side: readonly SideEntry[];
}

/**
 * The commits after a revision up to the one that was current when the reading began.
 * @throws {SessionNotFoundError}
 * @throws {InvalidArgumentError} when the history before was given up.
 */
export async function* readCommits(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  after: number,
): AsyncGenerator<StoredCommit> {
  const layout = await connection.read(`read the history of session ${id}`, (attempt) =>
    readLayout(attempt, tables, id),
  );
  if (layout === undefined) throw new SessionNotFoundError(id);
  if (after > 0 && after < layout.begins - 1) throw historyBegins(id, layout.begins - 1);
  const wanted = { ...layout, after: Math.max(after, layout.begins - 1), checkSeals: false };
  for await (const { commit } of commitsOf(connection, tables, id, wanted)) yield commit;
}

interface Wanted {
  readonly life: string;
  readonly after: number;
  /** The last one. */
  readonly revision: number;
  readonly checkSeals: boolean;
  /** Without the messages and the side items: only where they stand. Default: false. */
  readonly placesOnly?: boolean;
}

/**
 * The commits of one life of a session. @throws {CorruptSessionError | SessionNotFoundError} when one is missing.
 * @throws {InvalidArgumentError} when one was given up meanwhile.
 */
export async function* commitsOf(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  { life, after, revision: until, checkSeals, placesOnly = false }: Wanted,
): AsyncGenerator<CommitRow> {
  const what = `read the history of session ${id}`;
  const seal = checkSeals ? `(seal is null or seal = ${sealOf((column) => column)})::text` : "'true'";
  let revision = after;
  while (revision < until) {
    const statement = new Statement();
    const text = `select ${COLUMNS}, ${seal} as is_sealed from ${tables.commits}
      where tenant = ${statement.param(tables.tenant, "text")} and life = ${statement.param(life, "uuid")}
        and revision > ${statement.param(revision, "bigint")} and revision <= ${statement.param(until, "bigint")}
      order by revision limit ${PAGE}`;
    const rows = await connection.read(what, (attempt) => attempt.send({ text, params: statement.params }));
    const bodiesAhead = bodiesIn(connection, tables, id, life, joinRuns(rows.map(slotsOf)));
    const listed = rows.map(itemsOf).filter(({ count }) => count > 0);
    const items = readSideEntries(connection, tables, id, {
      life,
      first: listed[0]?.first ?? 0,
      past: listed.reduce((most, { first, count }) => Math.max(most, first + count), 0),
    });
    for (const row of rows) {
      revision++;
      if (numberOf(row, "revision") !== revision) break;
      // It has come to hold the session whole while those before it were read.
      if (row["runs"] !== null && revision > after + 1)
        throw await gone(`revision ${revision - 1} is missing`);
      const bodies: string[] = [];
      for (let left = placesOnly ? 0 : lengthOfRuns(slotsOf(row)); left > 0; left--) {
        const { value } = await bodiesAhead.next();
        if (value === undefined) throw await gone(`a message of revision ${revision} is missing`);
        bodies.push(value);
      }
      const side: SideEntry[] = [];
      for (let left = placesOnly ? 0 : itemsOf(row).count; left > 0; left--) {
        const { value } = await items.next();
        if (value !== undefined) side.push(value);
      }
      yield commitFrom(id, row, bodies, side);
    }
    if (rows.length === 0 || numberOf(rows.at(-1) as Row, "revision") !== revision) {
      throw await gone(`revision ${rows.length === 0 ? revision + 1 : revision} is missing`);
    }
  }

  async function gone(detail: string): Promise<Error> {
    const now = await connection.read(what, (attempt) => readLayout(attempt, tables, id));
    if (now?.life !== life) return new SessionNotFoundError(id);
    return now.begins > after + 1 ? historyBegins(id, now.begins - 1) : new CorruptSessionError(id, detail);
  }
}

/** The messages in some slots, to the letter; ends early at one that is missing. */
export async function* bodiesIn(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  life: string,
  runs: Runs,
): AsyncGenerator<string, undefined> {
  const count = lengthOfRuns(runs);
  for (let read = 0; read < count;) {
    const some = sliceRuns(runs, read, read + BATCH);
    const bodies = await connection.read(`read the history of session ${id}`, (attempt) =>
      readBatch(attempt, tables, life, some, false),
    );
    if (bodies.length === 0) return;
    yield* bodies;
    read += bodies.length;
  }
}

/** Where a commit's messages stand. */
function slotsOf(row: Row): Runs {
  const runs = textOrNullOf(row, "runs");
  if (runs !== null) return parseRuns(runs);
  if (row["first_slot"] === null) return [];
  const first = numberOf(row, "first_slot");
  return [first, first + numberOf(row, "inserted")];
}

/** A commit's side items: they follow each other from commit to commit. */
function itemsOf(row: Row): { first: number; count: number } {
  if (row["items"] === null) return { first: 0, count: 0 };
  return { first: numberOf(row, "first_item"), count: numberOf(row, "items") };
}

function commitFrom(
  id: SessionId,
  row: Row,
  bodies: readonly string[],
  side: readonly SideEntry[],
): CommitRow {
  const revision = numberOf(row, "revision");
  const tokenCount = numberOf(row, "token_count");
  const operationId = textOrNullOf(row, "operation_id");
  const commit: StoredCommit = {
    revision,
    tag: textOf(row, "tag"),
    at: timeOf(row, "at_ms"),
    operationId: operationId === null ? undefined : (JSON.parse(operationId) as string),
    splice: spliceFrom(id, row, bodies),
    set: setFrom(row, tokenCount),
    side: sideLists(side),
    tokenCount,
    messageCount: numberOf(row, "message_count"),
  };
  return {
    commit,
    isSealed: row["is_sealed"] === "true",
    ms: numberOf(row, "at_ms"),
    bytes: numberOf(row, "bytes"),
    items: itemsOf(row),
    firstSlot: row["first_slot"] === null ? 0 : numberOf(row, "first_slot"),
    slots: slotsOf(row),
    checksum: numberOf(row, "checksum"),
    messageCount: numberOf(row, "message_count"),
    bodies,
    side,
  };
}

function spliceFrom(id: SessionId, row: Row, bodies: readonly string[]): StoredCommit["splice"] {
  if (row["start"] === null) return undefined;
  const start = numberOf(row, "start");
  const messages: Message[] = bodies.map((body, index) => messageIn(id, start + index, body));
  return [start, numberOf(row, "delete_count"), messages];
}

function setFrom(row: Row, tokenCount: number): StoredCommit["set"] {
  const changes = textOrNullOf(row, "changes");
  const setsTokens = row["sets_tokens"] === true || row["sets_tokens"] === "t";
  if (changes === null && !setsTokens) return undefined;
  const set = changes === null ? {} : fromStoredChanges(parseJson(changes) as JsonObject);
  return setsTokens ? { ...set, tokenCount } : set;
}
