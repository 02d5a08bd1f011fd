import type { SessionId } from "../../../session/session-id.ts";
import { jsonText } from "../../../session/json/json.ts";
import { OWN_SOURCE } from "../../../session/summary/summary.ts";
import { takenFrom } from "../../../session/taken-over.ts";
import type { ListQuery, SearchHit, SearchQuery } from "../../contract.ts";
import { checkSearch, type Phrase } from "../../search/search-query.ts";
import { snippetOf } from "../../search/search-snippet.ts";
import { searchInStages } from "../../search/search-stages.ts";
import { searchableOf } from "../../search/search-text.ts";
import type { Row } from "../client.ts";
import type { Attempt } from "../connection/connection.ts";
import { headPart, tagKey } from "../schema/head-columns.ts";
import { filtersOf } from "../read/list/list-filters.ts";
import { messageIn } from "../read/message-reader.ts";
import { numberOf, textOf, timeOf } from "../row.ts";
import { parseRuns, positionOfSlot } from "../read/runs.ts";
import { queryOf } from "./search-words.ts";
import { Statement, type Sql } from "../statement.ts";
import type { Tables } from "../schema/tables.ts";

/** Titles weigh more than messages. */
const TITLE_WEIGHT = 2;
/**
 * Of so many messages that were found, the newest ones, the best come first, then the best of so many that are older: to
 * rank one costs far more than to find it. So the order is the same however many are asked for.
 */
const RANKED = 500;

/** Messages and titles that have all the words, best first. */
export async function searchMessages(
  attempt: Attempt,
  tables: Tables,
  query: SearchQuery,
): Promise<SearchHit[]> {
  const { limit } = checkSearch(query);
  return await searchInStages(query.text, limit, async (phrases, most) => {
    const rows = await attempt.send(searchStatement(tables, query, phrases, most));
    return rows.map((row) => hitFrom(row, phrases));
  });
}

/**
 * What is found is narrowed and ranked before a text is looked at. Each row that belongs to a find is looked up by its
 * key (`limit 1`): the planner would rather join whole tables, as it cannot know how few finds there are.
 */
function searchStatement(tables: Tables, query: SearchQuery, phrases: readonly Phrase[], limit: number): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const sought = `${statement.param(queryOf(phrases, query), "text")}::tsquery`;
  const most = statement.param(limit, "bigint");
  const wholeBlocks = statement.param(Math.ceil(limit / RANKED) * RANKED, "bigint");
  const where = [...filtersOf(listed(query), statement), ...furtherFilters(query, statement)]
    .map((condition) => ` and ${condition}`)
    .join("");
  const head = (life: string): string => `cross join lateral (
      select id, title, title_words, user_id, workspace_path, workspace_id, tag_keys, custom from ${tables.heads}
      where tenant = ${tenant} and life = ${life} limit 1
    ) h`;
  const alive = (life: string): string => `${head(life)} cross join lateral (
      select id, updated_ms, runs from ${tables.sessions}
      where tenant = ${tenant} and id = h.id and removed_ms = 0 and life = ${life} limit 1
    ) s`;
  const ctes = [
    `found as materialized (select life, slot from ${tables.finder("words_found")}(${tenant}, ${sought}))`,
    `alive as materialized (
      select f.life, s.id, s.updated_ms, s.runs, a.stored
      from (select distinct life from found) f ${alive("f.life")} cross join lateral (
        select coalesce(stored_ms, updated_ms) as stored from ${tables.activity}
        where tenant = ${tenant} and id = s.id and life = f.life limit 1
      ) a
      where true${where}
    )`,
    // A message that was replaced is in none of its session's runs.
    `newest as materialized (
      select life, slot, id, updated_ms, (row_number() over (order by stored desc, id, slot desc) - 1) / ${RANKED} as block
      from (
        select f.life, f.slot, r.id, r.updated_ms, r.stored
        from (
          select life, id, updated_ms, stored, min(slot) as first, max(slot) as past
          from alive cross join lateral unnest(runs) with ordinality as bound(slot, number)
          group by life, id, updated_ms, stored, (number + 1) / 2
        ) r join found f on f.life = r.life and f.slot >= r.first and f.slot < r.past
        order by r.stored desc, r.id, f.slot desc limit ${wholeBlocks}
      ) latest
    )`,
  ];
  const messages = `select n.life, n.slot, n.id, n.updated_ms, ts_rank(w.words, ${sought}) as rank, n.block
    from newest n cross join lateral (
      select words from ${tables.words} where tenant = ${tenant} and life = n.life and slot = n.slot limit 1
    ) w`;
  const titles = `select t.life, null::bigint, s.id, s.updated_ms, ${TITLE_WEIGHT} * ts_rank(h.title_words, ${sought}), 0
    from ${tables.finder("titles_found")}(${tenant}, ${sought}) t ${alive("t.life")} where true${where}`;
  const order = "block, rank desc, updated_ms desc, id, slot";
  ctes.push(`best as materialized (
      ${query.role === undefined && query.tool === undefined ? `${messages} union all ${titles}` : messages} order by ${order} limit ${most}
    )`);
  const text = `with ${ctes.join(",\n")}
    select b.id, h.title, h.custom, b.updated_ms, array_to_string(s.runs, ',') as runs, b.slot, m.body
    from best b ${alive("b.life")} left join lateral (
        select slot, body from ${tables.messages} where tenant = ${tenant} and life = b.life and slot = b.slot limit 1
      ) m on true
    where b.slot is null or m.slot is not null
    order by ${order.replaceAll(/(block|rank|updated_ms|id|slot)/g, "b.$1")}`;
  return { text, params: statement.params };
}

/** What a listing filters by as well. */
function listed({ workspace, user, source, tag, since, until }: SearchQuery): ListQuery {
  return { workspace, user, source, tag, since, until };
}

/** What a listing leaves to be compared with the summary, or does not know. */
function furtherFilters({ source, directory, except = {} }: SearchQuery, statement: Statement): string[] {
  const found: string[] = [];
  const isIn = (part: string): string =>
    `position(lower(${statement.param(jsonText(part).slice(1, -1), "text")} collate "C") in lower(h.workspace_path collate "C")) > 0`;
  for (const one of except.source ?? []) {
    const named = `position(${statement.param(`"source":${jsonText(one)}`, "text")} in h.custom) > 0`;
    found.push(
      one === OWN_SOURCE ? `(position('"source":' in h.custom) > 0 and not ${named})` : `not ${named}`,
    );
  }
  for (const one of except.tag ?? [])
    found.push(`not (${statement.param(tagKey(one), "text")} = any(h.tag_keys))`);
  for (const one of except.directory ?? []) found.push(`not ${isIn(one)}`);
  if (source === OWN_SOURCE) {
    const own = statement.param(`"source":${jsonText(OWN_SOURCE)}`, "text");
    found.push(`(position('"source":' in h.custom) = 0 or position(${own} in h.custom) > 0)`);
  }
  if (directory !== undefined) found.push(isIn(directory));
  return found;
}

function hitFrom(row: Row, phrases: readonly Phrase[]): SearchHit {
  const id = textOf(row, "id") as SessionId;
  const { title, custom } = headPart(row, ["title", "custom"]);
  const updatedAt = timeOf(row, "updated_ms");
  if (row["body"] === null) {
    return { id, title, position: undefined, role: undefined, ...snippetOf(title ?? "", phrases), updatedAt };
  }
  const position = positionOfSlot(parseRuns(textOf(row, "runs")), numberOf(row, "slot"));
  const from = takenFrom(custom, position);
  const { text, speaker } = searchableOf(messageIn(id, position, textOf(row, "body")));
  return {
    id,
    title,
    position,
    role: speaker,
    ...snippetOf(text, phrases),
    updatedAt,
    ...(from === undefined ? {} : { takenFrom: from }),
  };
}
