import type { Json } from "../../session/json/json.ts";
import { ChannelValue, type ValueRecord } from "./channel-value.ts";
import { threadItem, type CheckpointRecord, type WritesRecord } from "./records.ts";
import type { StoredValue } from "./stored-value.ts";

/** A checkpoint with every channel's value resolved. */
export interface KnownCheckpoint {
  readonly ns: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly record: CheckpointRecord;
  readonly values: ReadonlyMap<string, ChannelValue>;
}

export interface KnownWrite {
  readonly taskId: string;
  readonly taskPath: string;
  readonly index: number;
  readonly channel: string;
  readonly value: StoredValue;
}

/** What identifies a checkpoint within its thread. */
export type CheckpointKey = readonly [ns: string, id: string];

/** The namespace of the graph itself; those of subgraphs have a name. */
export const ROOT = "";

/** What a thread's records amount to, taken in one after the other. A record that is taken in twice changes nothing. */
export class ThreadState {
  /** Whose session it is; `undefined` before the first record. */
  threadId: string | undefined;
  readonly #checkpoints = new Map<string, KnownCheckpoint>();
  readonly #latest = new Map<string, KnownCheckpoint>();
  readonly #writes = new Map<string, Map<string, KnownWrite>>();
  /** Values by namespace, channel and version. */
  readonly #byVersion = new Map<string, ChannelValue[]>();

  /** The text of the list that each channel had last, so that it is told at once whether it has grown. */
  readonly #texts = new Map<string, { readonly value: ChannelValue; readonly text: string | undefined }>();

  /** A list's JSON; kept for one value of each channel. */
  textOf(ns: string, channel: string, value: ChannelValue): string | undefined {
    const key = keyOf(ns, channel);
    let known = this.#texts.get(key);
    if (known?.value !== value) this.#texts.set(key, (known = { value, text: value.text() }));
    return known.text;
  }

  /** What was just stored is most often what comes next. */
  noteText(ns: string, id: string, channel: string, text: string): void {
    const value = this.checkpoint(ns, id)?.values.get(channel);
    if (value?.items !== undefined) this.#texts.set(keyOf(ns, channel), { value, text });
  }

  take(item: Json): void {
    const found = threadItem(item);
    if (found === undefined) return;
    if ("thread" in found) this.threadId ??= found.thread;
    else if ("put" in found) this.#takeCheckpoint(found);
    else this.#takeWrites(found);
  }

  checkpoint(ns: string, id: string): KnownCheckpoint | undefined {
    return this.#checkpoints.get(keyOf(ns, id));
  }

  /** The one with the highest id. */
  latest(ns: string): KnownCheckpoint | undefined {
    return this.#latest.get(ns);
  }

  /** All of them, the highest id first. */
  checkpoints(): KnownCheckpoint[] {
    return [...this.#checkpoints.values()].sort((left, right) => order(right.id, left.id));
  }

  /** The writes to a checkpoint, in the order in which LangGraph applies them. */
  writes(ns: string, id: string): KnownWrite[] {
    const writes = [...(this.#writes.get(keyOf(ns, id))?.values() ?? [])];
    return writes.sort(
      (left, right) =>
        order(left.taskPath, right.taskPath) || order(left.taskId, right.taskId) || left.index - right.index,
    );
  }

  write(ns: string, id: string, taskId: string, index: number): KnownWrite | undefined {
    return this.#writes.get(keyOf(ns, id))?.get(keyOf(taskId, index));
  }

  /** Values that a channel had at a version, on whatever branch; the latest stored first. */
  valuesAt(ns: string, channel: string, version: string | number): readonly ChannelValue[] {
    return (this.#byVersion.get(keyOf(ns, channel, version)) ?? []).toReversed();
  }

  /** The value of every channel, as a record states them. */
  valuesOf({
    put: [ns, id, parentId],
    versions,
    values: stated,
  }: CheckpointRecord): Map<string, ChannelValue> {
    const parent = parentId === null ? undefined : this.checkpoint(ns, parentId);
    const values = new Map<string, ChannelValue>();
    for (const [channel, version] of Object.entries(versions)) {
      if (Object.hasOwn(stated, channel)) continue;
      const value = inherited(parent, channel, version);
      if (value !== undefined) values.set(channel, value);
    }
    for (const [channel, record] of Object.entries(stated)) {
      const value = this.#valueOf(ns, id, channel, record);
      if (value !== undefined) values.set(channel, value);
    }
    return values;
  }

  #takeCheckpoint(record: CheckpointRecord): void {
    const [ns, id, parentId] = record.put;
    const values = this.valuesOf(record);
    for (const [channel, value] of values) {
      const version = Object.hasOwn(record.versions, channel) ? record.versions[channel] : undefined;
      if (value.origin !== id || version === undefined) continue;
      const key = keyOf(ns, channel, version);
      const known = this.#byVersion.get(key);
      if (known === undefined) this.#byVersion.set(key, [value]);
      else known.push(value);
    }
    const checkpoint = { ns, id, parent: parentId ?? undefined, record, values };
    this.#checkpoints.set(keyOf(ns, id), checkpoint);
    const latest = this.#latest.get(ns);
    if (latest === undefined || order(latest.id, id) <= 0) this.#latest.set(ns, checkpoint);
  }

  #valueOf(ns: string, id: string, channel: string, stated: ValueRecord): ChannelValue | undefined {
    if ("none" in stated) return undefined;
    if ("same" in stated) return this.checkpoint(ns, stated.same)?.values.get(channel);
    if ("of" in stated) {
      return this.checkpoint(ns, stated.of)?.values.get(channel)?.grown(id, stated.keep, stated.add);
    }
    return ChannelValue.of(id, stated);
  }

  /** The first of a task's writes with an index counts; special writes, with an index below zero, replace each other. */
  #takeWrites({ writes: [ns, id, taskId, taskPath], entries }: WritesRecord): void {
    const key = keyOf(ns, id);
    const known = this.#writes.get(key) ?? new Map<string, KnownWrite>();
    this.#writes.set(key, known);
    for (const [index, channel, value] of entries) {
      const own = keyOf(taskId, index);
      if (index < 0 || !known.has(own)) known.set(own, { taskId, taskPath, index, channel, value });
    }
  }
}

/** A channel whose version is the parent's has the parent's value. */
export function inherited(
  parent: KnownCheckpoint | undefined,
  channel: string,
  version: string | number,
): ChannelValue | undefined {
  const known = parent?.record.versions;
  return known !== undefined && Object.hasOwn(known, channel) && known[channel] === version
    ? parent?.values.get(channel)
    : undefined;
}

/** A text for what several parts identify. */
export function keyOf(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts);
}

/** By code point, as LangGraph orders. */
function order(left: string, right: string): number {
  if (left === right) return 0;
  const [a, b] = [Array.from(left), Array.from(right)];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
