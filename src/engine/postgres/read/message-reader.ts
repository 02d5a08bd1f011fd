import { CorruptSessionError, SessionNotFoundError } from "../../../session/errors/errors.ts";
import { parseMessage, type Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { MessageRange, PositionedMessage } from "../../contract.ts";
import { historyBegins } from "../../give-up.ts";
import { rangeOf } from "../../list-query.ts";
import type { Attempt, Connection } from "../connection/connection.ts";
import { numberOf, textOf } from "../row.ts";
import { lengthOfRuns, parseRuns, sliceRuns, type Runs } from "./runs.ts";
import { Statement } from "../statement.ts";
import type { Tables } from "../schema/tables.ts";

/** Messages that one statement fetches at most, in number and in bytes (one message more, however long it is). */
const BATCH = 500;
const BATCH_BYTES = 4 << 20;

/** Where a session's messages stand at one revision. Slots are written once, so this is all that a reader holds on to. */
export interface Layout {
  readonly life: string;
  readonly revision: number;
  readonly runs: Runs;
  /** The first revision that there is. */
  readonly begins: number;
}

/** @returns `undefined` when there is no such session. */
export async function readLayout(
  attempt: Attempt,
  tables: Tables,
  id: SessionId,
): Promise<Layout | undefined> {
  const statement = new Statement();
  const text = `select life, revision, begins, array_to_string(runs, ',') as runs from ${tables.sessions}
    where tenant = ${statement.param(tables.tenant, "text")} and id = ${statement.param(id, "uuid")} and removed_ms = 0`;
  const [row] = await attempt.send({ text, params: statement.params });
  return (
    row && {
      life: textOf(row, "life"),
      revision: numberOf(row, "revision"),
      begins: numberOf(row, "begins"),
      runs: parseRuns(textOf(row, "runs")),
    }
  );
}

/** Messages of a session that is there, in batches of bounded size. @throws {SessionNotFoundError} */
export async function* readMessages(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  range: MessageRange,
): AsyncGenerator<PositionedMessage> {
  const layout = await connection.read(`read session ${id}`, (attempt) => readLayout(attempt, tables, id));
  if (layout === undefined) throw new SessionNotFoundError(id);
  yield* messagesOf(connection, tables, id, layout, range);
}

/**
 * Messages of one revision, which may be over. @throws {SessionNotFoundError} when the session was removed for good since.
 * @throws {InvalidArgumentError} when the revision was given up since.
 */
export async function* messagesOf(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  layout: Pick<Layout, "life" | "revision" | "runs">,
  range: MessageRange,
): AsyncGenerator<PositionedMessage> {
  const what = `read session ${id}`;
  const { start, end, reverse } = rangeOf(range, lengthOfRuns(layout.runs));
  let position = reverse ? end - 1 : start;
  while (reverse ? position >= start : position < end) {
    const runs = reverse
      ? sliceRuns(layout.runs, Math.max(start, position + 1 - BATCH), position + 1)
      : sliceRuns(layout.runs, position, Math.min(end, position + BATCH));
    const bodies = await connection.read(what, (attempt) =>
      readBatch(attempt, tables, layout.life, runs, reverse),
    );
    if (bodies.length === 0) throw await lost(connection, tables, id, layout, position);
    for (const body of bodies) {
      yield { position, message: messageIn(id, position, body) };
      position += reverse ? -1 : 1;
    }
  }
}

/** Why a message could not be found: the session was removed or its revision given up meanwhile, or its row is missing. */
async function lost(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  layout: Pick<Layout, "life" | "revision">,
  position: number,
): Promise<Error> {
  const now = await connection.read(`read session ${id}`, (attempt) => readLayout(attempt, tables, id));
  if (now?.life !== layout.life) return new SessionNotFoundError(id);
  if (layout.revision < now.begins) return historyBegins(id, now.begins - 1);
  return new CorruptSessionError(id, `message ${position} is missing`);
}

/**
 * The first messages of some runs, or with `reverse` the last ones, newest first: without a gap, as many as fit.
 * None at all when the very first is missing.
 */
export async function readBatch(
  attempt: Attempt,
  tables: Tables,
  life: string,
  runs: Runs,
  reverse: boolean,
): Promise<string[]> {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const firsts = statement.param(runs.filter((_, index) => index % 2 === 0).join(","), "text");
  const pasts = statement.param(runs.filter((_, index) => index % 2 === 1).join(","), "text");
  const order = reverse ? "desc" : "asc";
  // The length of a body is known without reading it, so only those that fit are read. `offset 0`: each run is looked up
  // by the key, whatever the planner thinks of many runs.
  const text = `select slot, body from (
      select run.number, message.slot, message.body,
        sum(octet_length(message.body)) over (order by run.number ${order}, message.slot ${order})
          - octet_length(message.body) as before
      from unnest(string_to_array(${firsts}, ',')::bigint[], string_to_array(${pasts}, ',')::bigint[])
          with ordinality as run(first, past, number)
        cross join lateral (
          select slot, body from ${tables.messages}
          where tenant = ${tenant} and life = ${statement.param(life, "uuid")}
            and slot >= run.first and slot < run.past
          offset 0
        ) message
    ) found where before < ${BATCH_BYTES} order by number ${order}, slot ${order}`;
  const rows = await attempt.send({ text, params: statement.params });
  const bodies: string[] = [];
  for (const slot of reverse ? backwards(runs) : forwards(runs)) {
    const row = rows[bodies.length];
    if (row === undefined || numberOf(row, "slot") !== slot) break;
    bodies.push(textOf(row, "body"));
  }
  return bodies;
}

/** @throws {CorruptSessionError} when the text is not a message. */
export function messageIn(id: SessionId, position: number, body: string): Message {
  try {
    return parseMessage(body);
  } catch (error) {
    throw new CorruptSessionError(id, `message ${position}: ${(error as Error).message}`, { cause: error });
  }
}

function* forwards(runs: Runs): Generator<number> {
  for (let index = 0; index < runs.length; index += 2) {
    for (let slot = runs[index] ?? 0; slot < (runs[index + 1] ?? 0); slot++) yield slot;
  }
}

function* backwards(runs: Runs): Generator<number> {
  for (let index = runs.length - 2; index >= 0; index -= 2) {
    for (let slot = (runs[index + 1] ?? 0) - 1; slot >= (runs[index] ?? 0); slot--) yield slot;
  }
}
