import type { SessionId } from "../../session/session-id.ts";
import { InvalidArgumentError } from "../../session/errors.ts";
import { jsonText } from "../../session/json.ts";
import type { SearchHit, SearchQuery } from "../contract.ts";
import { instant } from "../list-query.ts";
import type { Row } from "./client.ts";
import type { Attempt, Sql } from "./connection.ts";
import { headPart } from "./head-columns.ts";
import { messageIn } from "./message-reader.ts";
import { numberOf, textOf, timeOf } from "./row.ts";
import { parseRuns, positionOfSlot } from "./runs.ts";
import { queryOf, searchedText, termsOf, type Term } from "./search-words.ts";
import { snippetOf } from "./snippet.ts";
import { Statement } from "./statement.ts";
import { indexed } from "./summaries.ts";
import type { Tables } from "./tables.ts";

/** Titles weigh more than messages. */
const TITLE_WEIGHT = 2;

/** Messages and titles that have all the words, best first. */
export async function searchMessages(
  attempt: Attempt,
  tables: Tables,
  query: SearchQuery,
): Promise<SearchHit[]> {
  const limit = query.limit ?? 20;
  if (!(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new InvalidArgumentError(`limit must be a whole number from 1 up, not ${String(limit)}.`);
  }
  const terms = termsOf(query.text);
  const statement = searchStatement(tables, query, terms, limit);
  if (terms.length === 0) return [];
  const rows = await attempt.send(statement);
  return rows.map((row) => hitFrom(row, terms));
}

function searchStatement(tables: Tables, query: SearchQuery, terms: readonly Term[], limit: number): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const sought = `${statement.param(queryOf(terms, query.role), "text")}::tsquery`;
  const where = filters(query, statement);
  const alive = `join ${tables.sessions} s on s.tenant = ${tenant} and s.id = h.id and s.removed_ms = 0 and s.life = h.life`;
  const columns = "s.id, h.title, s.updated_ms, array_to_string(s.runs, ',') as runs";
  const messages = `select ${columns}, m.slot, m.body, ts_rank(w.words, ${sought}) as rank
    from ${tables.words} w
      join ${tables.messages} m on m.tenant = ${tenant} and m.life = w.life and m.slot = w.slot
      join ${tables.heads} h on h.tenant = ${tenant} and h.life = w.life ${alive}
    where w.tenant = ${tenant} and w.words @@ ${sought} and exists (
      select from generate_series(1, cardinality(s.runs), 2) as run(number)
      where m.slot >= s.runs[run.number] and m.slot < s.runs[run.number + 1]
    )${where}`;
  const titles = `select ${columns}, null::bigint, null::text, ${TITLE_WEIGHT} * ts_rank(h.title_words, ${sought})
    from ${tables.heads} h ${alive}
    where h.tenant = ${tenant} and h.title_words @@ ${sought}${where}`;
  const text = `${query.role === undefined ? `${messages} union all ${titles}` : messages}
    order by rank desc, updated_ms desc, id, slot limit ${statement.param(limit, "bigint")}`;
  return { text, params: statement.params };
}

function filters({ workspace, user, since }: SearchQuery, statement: Statement): string {
  const found: string[] = [];
  if (user !== undefined) found.push(`h.user_id = ${statement.param(jsonText(user), "text")}`);
  if (since !== undefined)
    found.push(`s.updated_ms >= ${statement.param(instant(since, "since", 0), "bigint")}`);
  if (workspace !== undefined) {
    const { path, id } = workspace;
    if (path === undefined && id === undefined)
      throw new InvalidArgumentError("workspace needs a path, an id, or both.");
    const places: string[] = [];
    if (path !== undefined) places.push(indexed("h.workspace_path", statement.param(jsonText(path), "text")));
    if (id !== undefined) places.push(indexed("h.workspace_id", statement.param(jsonText(id), "text")));
    found.push(`(${places.join(" or ")})`);
  }
  return found.map((condition) => ` and ${condition}`).join("");
}

function hitFrom(row: Row, terms: readonly Term[]): SearchHit {
  const id = textOf(row, "id") as SessionId;
  const { title } = headPart(row, ["title"]);
  const updatedAt = timeOf(row, "updated_ms");
  if (row["body"] === null) {
    return { id, title, position: undefined, role: undefined, ...snippetOf(title ?? "", terms), updatedAt };
  }
  const position = positionOfSlot(parseRuns(textOf(row, "runs")), numberOf(row, "slot"));
  const message = messageIn(id, position, textOf(row, "body"));
  return { id, title, position, role: message.role, ...snippetOf(searchedText(message), terms), updatedAt };
}
