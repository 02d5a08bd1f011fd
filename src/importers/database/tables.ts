import type { DatabaseSync } from "node:sqlite";

/** A table, and its columns in their order. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns of which the values may be long. */
  readonly texts: readonly string[];
  /** Its rows can be found again by number. */
  readonly hasRowId: boolean;
}

export type Tables = ReadonlyMap<string, Table>;

/** The tables of a database. */
export function tablesOf(database: DatabaseSync): Tables {
  const tables = new Map<string, Table>();
  const found = database.prepare(
    `SELECT t.name AS name, t.wr AS wr, c.name AS "column", c.type AS type
     FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c
     WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid`,
  );
  for (const { name, wr, column, type } of found.all() as Record<string, unknown>[]) {
    const known = tables.get(name as string);
    const isText = !/INT|REAL|BOOL|NUM|FLOA|DOUB/i.test(type as string);
    tables.set(name as string, {
      name: name as string,
      columns: [...(known?.columns ?? []), column as string],
      texts: [...(known?.texts ?? []), ...(isText ? [column as string] : [])],
      hasRowId: wr === 0,
    });
  }
  return tables;
}

/** Whether there is such a table with all of these columns. */
export function hasColumns(tables: Tables, table: string, columns: readonly string[]): boolean {
  const found = tables.get(table);
  return found !== undefined && columns.every((column) => found.columns.includes(column));
}

/** A name for a statement. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
