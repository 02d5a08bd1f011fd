import type { Json, JsonObject } from "../../session/json/json.ts";
import type { ValueRecord } from "./channel-value.ts";
import type { StoredValue } from "./stored-value.ts";

/** The side list that holds a thread's records, oldest first. */
export const LIST = "langgraph";
/** The tag of every session that is a thread. */
export const TAG = "langgraph";

/** The first record: whose session it is. */
export interface ThreadRecord {
  readonly thread: string;
}

/** A checkpoint, without what its parent's records say. */
export interface CheckpointRecord {
  /** Namespace, id, and the parent's id. */
  readonly put: readonly [ns: string, id: string, parent: string | null];
  /** All of it but id, channel values and versions. */
  readonly checkpoint: StoredValue;
  readonly metadata: StoredValue;
  readonly versions: Readonly<Record<string, string | number>>;
  /** Channels that are not as in the parent; of those without a version, all. */
  readonly values: Readonly<Record<string, ValueRecord>>;
}

/** A task's writes have the indices 0, 1, …; special ones, of which a task has one each, have indices below 0. */
export type WriteEntry = readonly [index: number, channel: string, value: StoredValue];

/** Writes of one task to one checkpoint. */
export interface WritesRecord {
  readonly writes: readonly [ns: string, id: string, taskId: string, taskPath: string];
  readonly entries: readonly WriteEntry[];
}

export type ThreadItem = ThreadRecord | CheckpointRecord | WritesRecord;

/** What the store holds was written by this adapter, so its shape is known by its key. */
export function threadItem(item: Json): ThreadItem | undefined {
  const object = item as JsonObject | null;
  if (object === null || typeof object !== "object") return undefined;
  return "thread" in object || "put" in object || "writes" in object
    ? (object as unknown as ThreadItem)
    : undefined;
}
