import { jsonText } from "../../../../session/json/json.ts";
import { ARCHIVED, PINNED } from "../../../../session/summary/marks.ts";
import { AUTO_TITLE } from "../../../../session/summary/title.ts";
import { OWN_SOURCE } from "../../../../session/summary/summary.ts";
import type { ListQuery } from "../../../contract.ts";
import { instant } from "../../../list-query.ts";
import { foldedTitle, tagKey } from "../../schema/head-columns.ts";
import type { Finder, Tables } from "../../schema/tables.ts";
import type { Statement } from "../../statement.ts";
import type { Condition } from "../snapshot.ts";

/** Conditions on `s` and `h` that let through at least what the query asks for. */
export function filtersOf(query: ListQuery, statement: Statement): string[] {
  const { workspace, user, model, source, tag, titleMatches, parentId, includeSubagents = true } = query;
  const found: string[] = [];
  const json = (value: string): string => statement.param(jsonText(value), "text");
  found.push(...timesOf(query, "s.updated_ms", statement));
  if (!includeSubagents) found.push("h.parent_id = 'null'");
  if (parentId !== undefined) found.push(`h.parent_id = ${json(parentId)}`);
  if (user !== undefined) found.push(`h.user_id = ${json(user)}`);
  if (model !== undefined) found.push(`h.model = ${json(model)}`);
  // As it stands within the strings' JSON; a session of the own source may name none.
  if (source !== undefined && source !== OWN_SOURCE)
    found.push(`position(${statement.param(`"source":${jsonText(source)}`, "text")} in h.custom) > 0`);
  for (const [key, wanted] of [
    [PINNED, query.pinned],
    [ARCHIVED, query.archived],
  ] as const) {
    // As a key stands in JSON, and nothing else does: quotes within a text are escaped.
    if (wanted !== undefined)
      found.push(
        `position(${statement.param(`${JSON.stringify(key)}:`, "text")} in h.custom) ${wanted ? "> 0" : "= 0"}`,
      );
  }
  if (tag !== undefined) found.push(`${statement.param(tagKey(tag), "text")} = any(h.tag_keys)`);
  if (titleMatches?.isWellFormed() === true) {
    const part = `position(${statement.param(foldedTitle(titleMatches), "text")} in h.title_folded) > 0`;
    // An automatic title counts where there is no other; whether it matches is for the listing to say.
    found.push(`(${part} or position('"${AUTO_TITLE}":' in h.custom) > 0)`);
  }
  if (workspace !== undefined) {
    const places: string[] = [];
    if (workspace.path !== undefined) places.push(`h.workspace_path = ${json(workspace.path)}`);
    if (workspace.id !== undefined) places.push(`h.workspace_id = ${json(workspace.id)}`);
    if (workspace.places !== undefined) {
      // JSON has no line breaks of its own.
      const lines = (texts: readonly (string | null)[]): string =>
        `string_to_array(${statement.param(texts.map((text) => jsonText(text)).join("\n"), "text")}, E'\\n')`;
      const [paths, ids] = [workspace.places.map(({ path }) => path), workspace.places.map(({ id }) => id)];
      places.push(
        `(h.workspace_path, h.workspace_id) in (select * from unnest(${lines(paths)}, ${lines(ids)}))`,
      );
    }
    found.push(`(${places.join(" or ")})`);
  }
  return found;
}

/** The times that the query asks for, as conditions on a column. */
export function timesOf({ since, until }: ListQuery, column: string, statement: Statement): string[] {
  const found: string[] = [];
  if (since !== undefined)
    found.push(`${column} >= ${statement.param(instant(since, "since", 0), "bigint")}`);
  if (until !== undefined) found.push(`${column} < ${statement.param(instant(until, "until", 0), "bigint")}`);
  return found;
}

/** Before every time, and behind. */
const [EARLIEST, LATEST] = [-9e15, 9e15];

/** Of a workspace with more places than this, they are not looked up one by one. */
const MOST_PLACES = 10;

/**
 * The lives that one filter of the query lets through, each found by an index and at most so many: `select life …`, as
 * often as there is such a filter. Of the shortest of them, if it is short, the listing is made.
 */
export function candidatesOf(tables: Tables, query: ListQuery, most: number): Condition[] {
  const { workspace, user, model, tag, parentId, since, until, order } = query;
  const found: Condition[] = [];
  const by =
    (finder: Finder, ...values: readonly (string | number)[]): Condition =>
    (statement) => {
      const params = values.map((value) =>
        statement.param(value, typeof value === "string" ? "text" : "bigint"),
      );
      const tenant = statement.param(tables.tenant, "text");
      return `select life from ${tables.finder(finder)}(${[tenant, ...params].join(", ")}, ${most})`;
    };
  if (user !== undefined) found.push(by("heads_of_user", jsonText(user)));
  if (model !== undefined) found.push(by("heads_of_model", jsonText(model)));
  if (tag !== undefined) found.push(by("heads_of_tag", tagKey(tag)));
  if (parentId !== undefined) found.push(by("heads_of_parent", jsonText(parentId)));
  if (workspace !== undefined) {
    const { path, id, places = [] } = workspace;
    const byPath = (one: string): Condition => by("heads_of_workspace_path", jsonText(one));
    const byId = (one: string | null): Condition => by("heads_of_workspace_id", jsonText(one));
    const sought = places.map((one) => (one.path === null ? byId(one.id) : byPath(one.path)));
    if (path !== undefined) sought.push(byPath(path));
    if (id !== undefined) sought.push(byId(id));
    if (sought.length > 0 && sought.length <= MOST_PLACES)
      found.push((statement) => sought.map((one) => one(statement)).join(" union "));
  }
  // A listing by update needs none for this: its order is that of the times.
  if (order === "created" && (since !== undefined || until !== undefined)) {
    const times = [instant(since, "since", EARLIEST), instant(until, "until", LATEST)];
    found.push(by("changed_between", ...times));
  }
  return found;
}
