import type { Row } from "../../client.ts";
import { numberOf } from "../../row.ts";
import type { Tables } from "../../schema/tables.ts";
import type { Statement } from "../../statement.ts";

/** How far a session's messages were indexed when it was read, and how often they had been edited before. */
export interface IndexState {
  readonly past: number;
  readonly edits: number;
}

/** Columns of it in a query that has the session's row as `s`. */
export const INDEX_STATE = "coalesce(i.past, 0) as index_past, coalesce(i.edits, 0) as index_edits";

export function indexStateIn(row: Row): IndexState {
  return { past: numberOf(row, "index_past"), edits: numberOf(row, "index_edits") };
}

export function joinIndexed(tables: Tables): string {
  return `left join ${tables.indexed} i on i.tenant = s.tenant and i.life = s.life`;
}

/**
 * A step of a statement that changes or takes away messages of a life in place, before anything else of it: it has a row
 * unless words were put into the index since the life was read. Whoever has read the messages and not yet written their
 * words finds that they were edited. It locks the row that indexers lock too.
 */
export function indexEdit(
  tables: Tables,
  statement: Statement,
  life: string,
  state: IndexState,
  isAnew: boolean,
): string {
  const [past, edits] = [statement.param(state.past, "bigint"), statement.param(state.edits, "bigint")];
  return `insert into ${tables.indexed} as i (tenant, life, past, edits)
      values (${statement.param(tables.tenant, "text")}, ${statement.param(life, "uuid")}, ${isAnew ? "0" : past}, ${edits} + 1)
      on conflict (tenant, life) do update set past = excluded.past, edits = excluded.edits
        where i.past = ${past} and i.edits = ${edits}
      returning i.life`;
}
