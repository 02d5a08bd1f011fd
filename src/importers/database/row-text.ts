import { Buffer } from "node:buffer";
import type { SQLOutputValue, StatementSync, DatabaseSync } from "node:sqlite";
import { quoted, type Table } from "./tables.ts";

/** The column that tells how many bytes a row's texts have. */
const BYTES = " bytes of texts";

/**
 * Writes rows as lines of JSON that say exactly what the database holds:
 * `{"table": "message", "row": {"id": "msg_1", "time": 1766000000000, "data": "{…}"}}`.
 * An integer is written with all its digits and a real with a dot or an exponent. What JSON has no form for is an
 * object: `{"blob": <base64>}`, `{"real": "Infinity"}`, and `{"text": <base64>}` for a text that is not valid UTF-8.
 */
export class RowWriter {
  readonly #table: Table;
  readonly #database: DatabaseSync;
  readonly #names: readonly (readonly [name: string, key: string])[];
  readonly #read: StatementSync;

  constructor(database: DatabaseSync, table: Table) {
    this.#table = table;
    this.#database = database;
    this.#names = table.columns.map((name) => [name, `${JSON.stringify(name)}:`] as const);
    const columns = table.columns.map(quoted).join(", ");
    const bytes = table.columns
      .map((name) => `CASE typeof(${quoted(name)}) WHEN 'text' THEN octet_length(${quoted(name)}) ELSE 0 END`)
      .join(" + ");
    this.#read = database.prepare(
      `SELECT ${columns}, ${bytes} AS "${BYTES}" FROM ${quoted(table.name)} WHERE rowid = ?`,
    );
    this.#read.setReadBigInts(true);
  }

  /** The row as a line, with its newline; `undefined` when it is not there any more. */
  line(rowId: number | bigint): string | undefined {
    const row = this.#read.get(rowId);
    if (row === undefined) return undefined;
    let bytes = 0;
    let isExact = true;
    for (const [name] of this.#names) {
      const value = row[name];
      if (typeof value !== "string") continue;
      bytes += Buffer.byteLength(value);
      isExact &&= !value.includes("\ufffd");
    }
    const texts = isExact && bytes === Number(row[BYTES]) ? undefined : this.#bytesOfTexts(rowId);
    const values = this.#names.map(
      ([name, key]) => key + valueText(row[name] as SQLOutputValue, texts?.[name]),
    );
    return `{"table":${JSON.stringify(this.#table.name)},"row":{${values.join(",")}}}\n`;
  }

  /** The texts of a row as they are stored, whatever their bytes are. */
  #bytesOfTexts(rowId: number | bigint): Record<string, SQLOutputValue> | undefined {
    const columns = this.#table.columns.map((name) => `CAST(${quoted(name)} AS BLOB) AS ${quoted(name)}`);
    return this.#database
      .prepare(`SELECT ${columns.join(", ")} FROM ${quoted(this.#table.name)} WHERE rowid = ?`)
      .get(rowId);
  }
}

function valueText(value: SQLOutputValue, stored: SQLOutputValue | undefined): string {
  if (value === null) return "null";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return realText(value);
  if (typeof value !== "string") return `{"blob":"${base64(value)}"}`;
  if (stored instanceof Uint8Array && !Buffer.from(value).equals(stored))
    return `{"text":"${base64(stored)}"}`;
  return JSON.stringify(value);
}

function realText(value: number): string {
  if (!Number.isFinite(value)) return `{"real":"${value}"}`;
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
