import type { SessionId } from "../../session/session-id.ts";
import { jsonText } from "../../session/json.ts";
import type { SearchHit, SearchQuery } from "../contract.ts";
import { checkSearch, phrasesOf, type Phrase } from "../search-query.ts";
import { snippetOf } from "../search-snippet.ts";
import { searchableText } from "../search-text.ts";
import type { Row } from "./client.ts";
import type { Attempt } from "./connection/connection.ts";
import { headPart } from "./head-columns.ts";
import { messageIn } from "./message-reader.ts";
import { numberOf, textOf, timeOf } from "./row.ts";
import { parseRuns, positionOfSlot } from "./runs.ts";
import { queryOf } from "./search-words.ts";
import { Statement, type Sql } from "./statement.ts";
import { indexed } from "./summaries.ts";
import type { Tables } from "./tables.ts";

/** Titles weigh more than messages. */
const TITLE_WEIGHT = 2;
/** Of so many messages that were found, the newest ones, the best are chosen: to rank one costs far more than to find it. */
const RANKED = 500;

/** Messages and titles that have all the words, best first. */
export async function searchMessages(
  attempt: Attempt,
  tables: Tables,
  query: SearchQuery,
): Promise<SearchHit[]> {
  const { limit, since } = checkSearch(query);
  const phrases = phrasesOf(query.text);
  if (phrases.length === 0) return [];
  const rows = await attempt.send(searchStatement(tables, query, phrases, limit, since));
  return rows.map((row) => hitFrom(row, phrases));
}

/** What is found is narrowed and ranked before a text is looked at. */
function searchStatement(
  tables: Tables,
  query: SearchQuery,
  phrases: readonly Phrase[],
  limit: number,
  since: number,
): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const sought = `${statement.param(queryOf(phrases, query.role), "text")}::tsquery`;
  const most = statement.param(limit, "bigint");
  const where = filters(query, since, statement);
  const alive = `join ${tables.sessions} s on s.tenant = ${tenant} and s.id = h.id and s.removed_ms = 0 and s.life = h.life`;
  const ctes = [
    // By itself, so that the planner is not tempted to read the words of every session that it can join.
    `found as materialized (
      select life, slot from ${tables.words} where tenant = ${tenant} and words @@ ${sought}
    )`,
    `newest as materialized (
      select h.life, f.slot, s.id, s.updated_ms
      from found f join ${tables.heads} h on h.tenant = ${tenant} and h.life = f.life ${alive}
      where exists (
        select from generate_series(1, cardinality(s.runs), 2) as run(number)
        where f.slot >= s.runs[run.number] and f.slot < s.runs[run.number + 1]
      )${where}
      order by coalesce(s.stored_ms, s.updated_ms) desc, f.slot desc limit greatest(${most}, ${RANKED})
    )`,
  ];
  const messages = `select n.life, n.slot, n.id, n.updated_ms, ts_rank(w.words, ${sought}) as rank
    from newest n cross join lateral (
      select words from ${tables.words} where tenant = ${tenant} and life = n.life and slot = n.slot limit 1
    ) w`;
  const titles = `select h.life, null::bigint, s.id, s.updated_ms, ${TITLE_WEIGHT} * ts_rank(h.title_words, ${sought})
    from ${tables.heads} h ${alive}
    where h.tenant = ${tenant} and h.title_words @@ ${sought}${where}`;
  const order = "rank desc, updated_ms desc, id, slot";
  ctes.push(`best as materialized (
      ${query.role === undefined ? `${messages} union all ${titles}` : messages} order by ${order} limit ${most}
    )`);
  const text = `with ${ctes.join(",\n")}
    select b.id, h.title, b.updated_ms, array_to_string(s.runs, ',') as runs, b.slot, m.body
    from best b join ${tables.heads} h on h.tenant = ${tenant} and h.life = b.life ${alive}
      left join ${tables.messages} m on m.tenant = ${tenant} and m.life = b.life and m.slot = b.slot
    where b.slot is null or m.slot is not null
    order by ${order.replaceAll(/(rank|updated_ms|id|slot)/g, "b.$1")}`;
  return { text, params: statement.params };
}

function filters({ workspace, user }: SearchQuery, since: number, statement: Statement): string {
  const found: string[] = [];
  if (user !== undefined) found.push(`h.user_id = ${statement.param(jsonText(user), "text")}`);
  if (since > -Infinity) found.push(`s.updated_ms >= ${statement.param(since, "bigint")}`);
  if (workspace !== undefined) {
    const { path, id } = workspace;
    const places: string[] = [];
    if (path !== undefined) places.push(indexed("h.workspace_path", statement.param(jsonText(path), "text")));
    if (id !== undefined) places.push(indexed("h.workspace_id", statement.param(jsonText(id), "text")));
    found.push(`(${places.join(" or ")})`);
  }
  return found.map((condition) => ` and ${condition}`).join("");
}

function hitFrom(row: Row, phrases: readonly Phrase[]): SearchHit {
  const id = textOf(row, "id") as SessionId;
  const { title } = headPart(row, ["title"]);
  const updatedAt = timeOf(row, "updated_ms");
  if (row["body"] === null) {
    return { id, title, position: undefined, role: undefined, ...snippetOf(title ?? "", phrases), updatedAt };
  }
  const position = positionOfSlot(parseRuns(textOf(row, "runs")), numberOf(row, "slot"));
  const message = messageIn(id, position, textOf(row, "body"));
  return {
    id,
    title,
    position,
    role: message.role,
    ...snippetOf(searchableText(message), phrases),
    updatedAt,
  };
}
