import type { Row } from "./client.ts";

/** A whole number of a row, however the driver hands it over. */
export function numberOf(row: Row, column: string): number {
  const value = Number(row[column]);
  if (row[column] === null || !Number.isSafeInteger(value)) {
    throw new TypeError(`${column} is ${JSON.stringify(row[column]) ?? "missing"}, not a whole number`);
  }
  return value;
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string")
    throw new TypeError(`${column} is ${value === null ? "null" : typeof value}, not text`);
  return value;
}

export function textOrNullOf(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

/** A time in milliseconds as RFC 3339. */
export function timeOf(row: Row, column: string): string {
  return new Date(numberOf(row, column)).toISOString();
}
