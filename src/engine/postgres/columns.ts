/** A column and the SQL that gives it its value. */
export type Column = readonly [name: string, value: string];

/** As the columns of an `insert`. */
export function namesOf(columns: readonly Column[]): string {
  return columns.map(([name]) => name).join(", ");
}

/** As the values of an `insert`. */
export function valuesOf(columns: readonly Column[]): string {
  return columns.map(([, value]) => value).join(", ");
}

/** As what an `update` sets. */
export function assigned(columns: readonly Column[]): string {
  return columns.map(([name, value]) => `${name} = ${value}`).join(", ");
}
