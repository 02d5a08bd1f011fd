import { crc32 } from "node:zlib";
import { CorruptSessionError } from "../../../../session/errors/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../../../../session/head.ts";
import { jsonText } from "../../../../session/json/json.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { HistoryGivenUpError, type GivenUp, type GiveUpOptions, type KeptFrom } from "../../../give-up.ts";
import type { Attempt, Connection } from "../../connection/connection.ts";
import { bodiesIn, commitsOf } from "../../read/commit-reader.ts";
import { lengthOfRuns, spliceRuns, type Runs } from "../../read/runs.ts";
import { readSideEntries } from "../../read/side-reader.ts";
import { numberOf, textOf } from "../../row.ts";
import type { Tables } from "../../schema/tables.ts";
import { Statement } from "../../statement.ts";
import { checkLease } from "./rewrite.ts";
import { INDEX_STATE, indexStateIn, joinIndexed, type IndexState } from "./index-edit.ts";
import { shortenStatement } from "./shorten-statement.ts";

/** A session that is written to all the time is read so many times. */
const TRIES = 20;

/** A session's row, as far as it tells of its history. */
interface HistoryRow {
  readonly life: string;
  readonly tag: string;
  readonly revision: number;
  /** The first revision that there is. */
  readonly begins: number;
  readonly index: IndexState;
}

/** The revision that the history is to begin with, and what it then holds. */
export interface Restated extends Pick<HistoryRow, "life" | "tag" | "index"> {
  /** The first revision until now. */
  readonly before: number;
  readonly revision: number;
  readonly head: SessionHead;
  /** Where its messages stand, and the slot behind all that were given until then. */
  readonly runs: Runs;
  readonly nextSlot: number;
  readonly items: number;
  readonly bytes: number;
  readonly checksum: number;
  /** Bytes of the messages that go. */
  readonly freed: number;
}

/**
 * Gives up a session's history before a revision or a time, in one statement, in the state in which it was read. No message
 * moves: those that no later revision has go, with their words, and the first revision that stays names the others'
 * slots.
 * @throws {LeaseHeldError | LeaseLostError | CorruptSessionError | StorageError}
 */
export async function shortenSession(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  from: KeptFrom,
  { dryRun = false, lease }: GiveUpOptions,
): Promise<GivenUp | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (!dryRun) await checkLease(connection, tables, id, lease);
    const row = await connection.read(what(id), (one) => historyRow(one, tables, id));
    if (row === undefined) return undefined;
    const restated = await restatedBy(connection, tables, id, row, from);
    if (restated === "changed") continue;
    if (restated === undefined) return { begins: row.begins, revisions: 0, bytes: 0 };
    const { revision: begins, before, freed: bytes } = restated;
    if (dryRun || (await store(connection, tables, id, restated, lease)))
      return { begins, revisions: begins - before, bytes };
  }
  const now = await connection.read(what(id), (one) => historyRow(one, tables, id));
  return now && { begins: now.begins, revisions: 0, bytes: 0, isBusy: true };
}

/** To follow "Could not". */
function what(id: SessionId): string {
  return `give up the history of session ${id}`;
}

async function historyRow(attempt: Attempt, tables: Tables, id: SessionId): Promise<HistoryRow | undefined> {
  const statement = new Statement();
  const text = `select s.life, s.tag, s.revision, s.begins, ${INDEX_STATE} from ${tables.sessions} s ${joinIndexed(tables)}
    where s.tenant = ${statement.param(tables.tenant, "text")} and s.id = ${statement.param(id, "uuid")} and s.removed_ms = 0`;
  const [row] = await attempt.send({ text, params: statement.params });
  if (row === undefined) return undefined;
  const [life, tag] = [textOf(row, "life"), textOf(row, "tag")];
  const index = indexStateIn(row);
  return { life, tag, revision: numberOf(row, "revision"), begins: numberOf(row, "begins"), index };
}

/** @returns `undefined` when there is nothing to give up; `changed` when somebody else has given some up meanwhile. */
async function restatedBy(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  row: HistoryRow,
  from: KeptFrom,
): Promise<Restated | "changed" | undefined> {
  const revision = await connection.read(what(id), (attempt) => firstKept(attempt, tables, row, from));
  if (revision <= row.begins) return undefined;
  try {
    return await restatedAt(connection, tables, id, row, revision);
  } catch (error) {
    if (error instanceof HistoryGivenUpError) return "changed";
    if (!(error instanceof CorruptSessionError)) throw error;
    // What is missing may have gone with it.
    const now = await connection.read(what(id), (attempt) => historyRow(attempt, tables, id));
    if (now?.life !== row.life || now.begins !== row.begins) return "changed";
    throw error;
  }
}

/** The first revision that is kept, or the last one, which always is. */
async function firstKept(
  attempt: Attempt,
  tables: Tables,
  { life, revision: last }: HistoryRow,
  { revision, time }: KeptFrom,
): Promise<number> {
  if (revision !== undefined) return Math.min(revision, last);
  const statement = new Statement();
  const text = `select revision from ${tables.commits}
    where tenant = ${statement.param(tables.tenant, "text")} and life = ${statement.param(life, "uuid")}
      and at_ms >= ${statement.param(Date.parse(time), "bigint")} order by revision limit 1`;
  const [row] = await attempt.send({ text, params: statement.params });
  return row === undefined ? last : Math.min(numberOf(row, "revision"), last);
}

/** Memory: a batch of messages, or a page of commits without theirs. */
async function restatedAt(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  { life, tag, begins: before, index }: HistoryRow,
  revision: number,
): Promise<Restated> {
  let [head, runs, nextSlot, items, stored]: [SessionHead, Runs, number, number, number] = [
    EMPTY_HEAD,
    [],
    0,
    0,
    0,
  ];
  const wanted = { life, after: before - 1, revision, checkSeals: false, placesOnly: true };
  for await (const { commit, slots, firstSlot, ...row } of commitsOf(connection, tables, id, wanted)) {
    head = { ...head, ...commit.set, tokenCount: commit.tokenCount };
    items += row.items.count;
    stored += row.bytes;
    if (commit.splice === undefined) continue;
    runs = spliceRuns(runs, commit.splice[0], commit.splice[1], slots);
    nextSlot = firstSlot + lengthOfRuns(slots);
  }
  const weighed = await weigh(connection, tables, id, life, runs, items);
  return {
    life,
    tag,
    index,
    before,
    revision,
    head,
    runs,
    nextSlot,
    items,
    ...weighed,
    freed: stored - weighed.bytes,
  };
}

/** What `checksumOf` gives for these messages and the first side items, and the messages' bytes. */
async function weigh(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  life: string,
  runs: Runs,
  items: number,
): Promise<Pick<Restated, "bytes" | "checksum">> {
  let [bytes, checksum, count] = [0, crc32(""), 0];
  for await (const body of bodiesIn(connection, tables, id, life, runs)) {
    checksum = crc32(count++ === 0 ? body : `\n${body}`, checksum);
    bytes += Buffer.byteLength(body);
  }
  if (count < lengthOfRuns(runs)) throw new CorruptSessionError(id, `message ${count} is missing`);
  for await (const entry of readSideEntries(connection, tables, id, { life, first: 0, past: items }))
    checksum = crc32(`\n${jsonText(entry)}`, checksum);
  return { bytes, checksum };
}

/** @returns false when the session is not as it was read any more. */
async function store(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  restated: Restated,
  lease: string | undefined,
): Promise<boolean> {
  return await connection.write(
    what(id),
    async (attempt) => {
      const rows = await attempt.send(shortenStatement(tables, id, restated, lease));
      if (rows.length > 0 || !attempt.isSettling) return rows.length > 0;
      // A try before this one may have been carried out.
      const now = await historyRow(attempt, tables, id);
      return now?.life === restated.life && now.begins === restated.revision;
    },
    id,
  );
}
