import { CorruptSessionError } from "../../../session/errors/errors.ts";
import type { Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { StoredSession } from "../../contract.ts";
import type { Row } from "../client.ts";
import type { Attempt, Connection } from "../connection/connection.ts";
import { HEAD_COLUMNS, headOf } from "../schema/head-columns.ts";
import { messageIn, readBatch } from "./message-reader.ts";
import { numberOf, textOf, textOrNullOf, timeOf } from "../row.ts";
import { lengthOfRuns, parseRuns, sliceRuns } from "./runs.ts";
import { Statement, type Sql } from "../statement.ts";
import type { Tables } from "../schema/tables.ts";

/** A session up to this size comes with one statement. */
const AT_ONCE = 4 << 20;
const BATCH = 500;

/** The whole session, or `undefined`. @throws {CorruptSessionError} */
export async function readSession(
  connection: Connection,
  tables: Tables,
  id: SessionId,
): Promise<StoredSession | undefined> {
  const what = `read session ${id}`;
  for (;;) {
    const row = await connection.read(what, (attempt) => readRow(attempt, tables, id));
    if (row === undefined) return undefined;
    const { life, runs, head, ...rest } = partsOf(id, row);
    const count = lengthOfRuns(runs);
    const bodies = textOrNullOf(row, "bodies");
    const messages: Message[] = [];
    const add = (body: string): void => void messages.push(messageIn(id, messages.length, body));
    if (bodies !== null) bodies.split("\n").forEach(add);
    while (messages.length < count) {
      const batch = sliceRuns(runs, messages.length, messages.length + BATCH);
      const found = await connection.read(what, (attempt) => readBatch(attempt, tables, life, batch, false));
      if (found.length === 0) break;
      found.forEach(add);
    }
    if (messages.length === count) return { id, ...rest, head, messages };
    const again = await connection.read(what, (attempt) => readRow(attempt, tables, id));
    if (again === undefined) return undefined;
    // Slots are written once, and none that the current revision needs goes: another is there then.
    if (textOf(again, "life") === life && textOf(again, "tag") === rest.tag)
      throw new CorruptSessionError(id, `message ${messages.length} is missing`);
  }
}

/** A session without its messages, and where these stand: of one moment. @throws {CorruptSessionError} */
export async function readParts(
  connection: Connection,
  tables: Tables,
  id: SessionId,
): Promise<Parts | undefined> {
  const [row] = await connection.read(`read session ${id}`, (attempt) =>
    attempt.send(rowStatement(tables, id, () => "null")),
  );
  return row && partsOf(id, row);
}

async function readRow(attempt: Attempt, tables: Tables, id: SessionId): Promise<Row | undefined> {
  const [row] = await attempt.send(rowStatement(tables, id, (tenant) => bodiesOf(tables, tenant)));
  return row;
}

/** The messages of a session that is not large, as a column. */
function bodiesOf(tables: Tables, tenant: string): string {
  return `case when s.bytes <= ${AT_ONCE} then (
      select string_agg(m.body, E'\\n' order by run.number, m.slot)
      from (
        select (number + 1) / 2 as number, min(slot) as first, max(slot) as past
        from unnest(s.runs) with ordinality as bound(slot, number) group by 1
      ) run cross join lateral (
        select slot, body from ${tables.messages}
        where tenant = ${tenant} and life = s.life and slot >= run.first and slot < run.past
        order by slot offset 0
      ) m
    ) end`;
}

function rowStatement(tables: Tables, id: SessionId, bodies: (tenant: string) => string): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const text = `select s.life, s.revision, s.tag, s.updated_ms, array_to_string(s.runs, ',') as runs,
      ${HEAD_COLUMNS}, ${bodies(tenant)} as bodies
    from ${tables.sessions} s left join ${tables.heads} h on h.tenant = s.tenant and h.life = s.life
    where s.tenant = ${tenant} and s.id = ${statement.param(id, "uuid")} and s.removed_ms = 0`;
  return { text, params: statement.params };
}

export type Parts = Omit<StoredSession, "id" | "messages"> & {
  readonly life: string;
  readonly runs: readonly number[];
};

function partsOf(id: SessionId, row: Row): Parts {
  try {
    return {
      life: textOf(row, "life"),
      runs: parseRuns(textOf(row, "runs")),
      revision: numberOf(row, "revision"),
      tag: textOf(row, "tag"),
      updatedAt: timeOf(row, "updated_ms"),
      head: Object.freeze(headOf(row)),
    };
  } catch (error) {
    throw new CorruptSessionError(id, (error as Error).message, { cause: error });
  }
}
