import { ARCHIVED, PINNED } from "../../../../session/summary/marks.ts";
import type { ListQuery } from "../../../contract.ts";
import { instant, orderOf, readCursor } from "../../../list-query.ts";

export type Parameter = string | number;

/** A `WHERE` clause's conditions and what their question marks stand for. */
export interface Conditions {
  readonly sql: readonly string[];
  readonly parameters: readonly Parameter[];
}

/**
 * Conditions that every session of a query's page fulfils, so that the database can pass over most of the others;
 * whether a session really matches is for `filterOf` to say.
 * @throws {InvalidArgumentError} when the query makes no sense.
 */
export function conditionsOf(query: ListQuery): Conditions {
  const sql = ["state = 0"];
  const parameters: Parameter[] = [];
  const add = (condition: string, ...values: Parameter[]): void => {
    sql.push(condition);
    parameters.push(...values);
  };
  const { workspace, user, model, source, tag, titleMatches, parentId, includeSubagents, cursor } = query;
  const since = instant(query.since, "since", -Infinity);
  const until = instant(query.until, "until", Infinity);
  if (since !== -Infinity) add("updated >= ?", since);
  if (until !== Infinity) add("updated < ?", until);
  if (includeSubagents === false) add("child = 0");
  if (parentId !== undefined) {
    add("child = 1");
    add("instr(summary, ?) > 0", JSON.stringify(parentId));
  }
  if (user !== undefined) add("user = ?", user);
  if (model !== undefined) add("model = ?", model);
  if (source !== undefined) add("source = ?", source);
  if (query.pinned === true) add("instr(summary, ?) > 0", keyText(PINNED));
  if (query.archived === true) add("instr(summary, ?) > 0", keyText(ARCHIVED));
  // Exactly as it stands within the summary's JSON.
  if (tag?.isWellFormed() === true) add("instr(summary, ?) > 0", JSON.stringify(tag));
  if (titleMatches?.isWellFormed() === true) add("instr(title, ?) > 0", titleMatches.toLowerCase());
  if (workspace !== undefined) {
    const [condition, ...values] = inWorkspace(workspace, "");
    add(condition, ...values);
  }
  if (cursor !== undefined) {
    const order = orderOf(query);
    const { time, id } = readCursor(cursor, order);
    add(`${order} <= ?`, time);
    add(`(${order} < ? OR id > ?)`, time, id);
  }
  return { sql, parameters };
}

/** The condition that a row of `sessions` is of a workspace, and its parameters. @param of the table's name, with a dot. */
export function inWorkspace(
  { path, id, places }: NonNullable<ListQuery["workspace"]>,
  of: string,
): readonly [condition: string, ...values: string[]] {
  const [either, values]: [string[], string[]] = [[], []];
  const add = (condition: string, value: string | undefined): void => {
    if (value === undefined) return;
    either.push(condition);
    values.push(value);
  };
  add(`${of}workspace_path = ?`, path);
  add(`${of}workspace_id = ?`, id);
  const pairs = places?.map((place) => [place.path, place.id]);
  add(
    `EXISTS (SELECT 1 FROM json_each(?) place
       WHERE ${of}workspace_path IS place.value ->> 0 AND ${of}workspace_id IS place.value ->> 1)`,
    pairs && JSON.stringify(pairs),
  );
  return [`(${either.join(" OR ")})`, ...values];
}

/** As a key stands in JSON, and nothing else does: quotes within a text are escaped. */
function keyText(key: string): string {
  return `${JSON.stringify(key)}:`;
}
