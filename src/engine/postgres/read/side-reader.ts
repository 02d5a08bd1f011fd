import { CorruptSessionError, SessionNotFoundError } from "../../../session/errors/errors.ts";
import { jsonText, parseJson } from "../../../session/json/json.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import type { SideItem, SideRange } from "../../contract.ts";
import { sideRangeOf } from "../../list-query.ts";
import type { Row } from "../client.ts";
import type { Attempt, Connection } from "../connection/connection.ts";
import { numberOf, textOf } from "../row.ts";
import { Statement } from "../statement.ts";
import type { Tables } from "../schema/tables.ts";

/** Items that one statement fetches at most, in number and in bytes (one item more, however long it is). */
const BATCH = 500;
const BATCH_BYTES = 4 << 20;

/** Which items a statement reads: numbers from `first` on, before `past`. */
interface Stretch {
  readonly life: string;
  readonly first: number;
  readonly past: number;
  readonly list?: string | undefined;
}

/** Items of a session's side lists, in batches of bounded size. @throws {SessionNotFoundError} */
export async function* readSideItems(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  range: SideRange,
): AsyncGenerator<SideItem> {
  const what = `read session ${id}`;
  const { from, limit } = sideRangeOf(range);
  const begun = await connection.read(what, (attempt) => readEnd(attempt, tables, id));
  if (begun === undefined) throw new SessionNotFoundError(id);
  const { life, past } = begun;
  let left = limit;
  for (let first = from; first < past && left > 0;) {
    const stretch = { life, first, past, list: range.list };
    const rows = await connection.read(what, (attempt) => readStretch(attempt, tables, stretch));
    for (const row of rows) {
      if (left-- === 0) return;
      const position = numberOf(row, "number");
      first = position + 1;
      const [list, item] = entryOf(id, row);
      yield { position, list, item };
    }
    if (rows.length > 0) continue;
    const now = await connection.read(what, (attempt) => readEnd(attempt, tables, id));
    if (now?.life !== life) throw new SessionNotFoundError(id);
    if (range.list === undefined)
      throw new CorruptSessionError(id, `item ${first} of the side lists is missing`);
    return;
  }
}

/** The items from `first` on, before `past`, all of them. @throws {CorruptSessionError} when one is missing. */
export async function* readSideEntries(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  stretch: Stretch,
): AsyncGenerator<SideEntry, undefined> {
  for (let next = stretch.first; next < stretch.past;) {
    const first = next;
    const rows = await connection.read(`read session ${id}`, (attempt) =>
      readStretch(attempt, tables, { ...stretch, first }),
    );
    for (const row of rows) {
      if (numberOf(row, "number") !== next) break;
      next++;
      yield entryOf(id, row);
    }
    if (next === first) throw new CorruptSessionError(id, `item ${next} of the side lists is missing`);
  }
}

async function readEnd(
  attempt: Attempt,
  tables: Tables,
  id: SessionId,
): Promise<{ life: string; past: number } | undefined> {
  const statement = new Statement();
  const text = `select life, next_item from ${tables.sessions}
    where tenant = ${statement.param(tables.tenant, "text")} and id = ${statement.param(id, "uuid")} and removed_ms = 0`;
  const [row] = await attempt.send({ text, params: statement.params });
  return row && { life: textOf(row, "life"), past: numberOf(row, "next_item") };
}

async function readStretch(
  attempt: Attempt,
  tables: Tables,
  { life, first, past, list }: Stretch,
): Promise<readonly Row[]> {
  const statement = new Statement();
  const ofList = list === undefined ? "" : `and list = ${statement.param(jsonText(list), "text")}`;
  // The length of a body is known without reading it, so only those that fit are read.
  const text = `select number, list, body from (
      select number, list, body, sum(octet_length(body)) over (order by number) - octet_length(body) as before
      from (
        select number, list, body from ${tables.sideItems}
        where tenant = ${statement.param(tables.tenant, "text")} and life = ${statement.param(life, "uuid")}
          and number >= ${statement.param(first, "bigint")} and number < ${statement.param(past, "bigint")} ${ofList}
        order by number limit ${BATCH}
      ) few
    ) found where before < ${BATCH_BYTES} order by number`;
  return await attempt.send({ text, params: statement.params });
}

function entryOf(id: SessionId, row: Row): SideEntry {
  try {
    const list = JSON.parse(textOf(row, "list")) as string;
    return [list, parseJson(textOf(row, "body"))];
  } catch (error) {
    throw new CorruptSessionError(id, `a side item cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
