import type { Row } from "../client.ts";
import { textOf } from "../row.ts";
import type { Tables } from "../schema/tables.ts";
import type { Statement } from "../statement.ts";

/**
 * Which transactions a statement could see: those before `past`, but for the `running` ones. What another statement
 * sees beyond that was committed in between, whatever its number, and however long it took.
 */
export interface Snapshot {
  readonly past: string;
  readonly running: readonly string[];
}

/** The snapshot of the statement that it is part of, as a column. */
export const SNAPSHOT = "pg_current_snapshot()::text";

/** Reads `10:20:10,14,15`. @returns `undefined` when it is not a snapshot. */
export function parseSnapshot(text: string): Snapshot | undefined {
  const match = /^\d+:(\d+):([\d,]*)$/.exec(text);
  const [, past, running = ""] = match ?? [];
  return past === undefined ? undefined : { past, running: running === "" ? [] : running.split(",") };
}

/** @throws when the column is not a snapshot. */
export function snapshotOf(row: Row, column: string): Snapshot {
  const snapshot = parseSnapshot(textOf(row, column));
  if (snapshot === undefined) throw new TypeError(`${column} is no snapshot`);
  return snapshot;
}

/** Whether one snapshot may have been taken before another on the same server. */
export function isBefore(earlier: Snapshot, later: Snapshot): boolean {
  return BigInt(earlier.past) <= BigInt(later.past);
}

/** Makes a part of a statement. */
export type Condition = (statement: Statement) => string;

/** No transaction that a statement can see has this number or one behind it. */
const NEXT = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint";

/** Where a walk through changes stands: behind one of a transaction's sessions. */
export interface ChangePosition {
  readonly transaction: string;
  readonly id: string;
}

/**
 * The sessions that were changed by transactions from one number on, up to another or the last: `from (…)`, of `id`, `life` and
 * `changed_by`, in that order. Numbers beyond those of this server (from a restored dump) do not count.
 */
export function changesFrom(
  tables: Tables,
  from: ChangePosition,
  before: string | undefined,
  most: number,
): Condition {
  return (statement) => {
    const end = before === undefined ? NEXT : statement.param(before, "bigint");
    const tenant = statement.param(tables.tenant, "text");
    const past = statement.param(from.transaction, "bigint");
    const id = statement.param(from.id, "uuid");
    return `${tables.finder("changes_between")}(${tenant}, ${past}, ${end}, ${id}, ${most})`;
  };
}

/** The sessions that were changed by transactions which a snapshot saw running. */
export function changesOf(tables: Tables, { running }: Snapshot): Condition {
  return (statement) => {
    const tenant = statement.param(tables.tenant, "text");
    const numbers = statement.param(running.join(","), "text");
    return `${tables.finder("changes_of")}(${tenant}, string_to_array(${numbers}, ',')::bigint[])`;
  };
}

/** Before every session that a transaction changed. */
export const NO_ID = "00000000-0000-0000-0000-000000000000";
