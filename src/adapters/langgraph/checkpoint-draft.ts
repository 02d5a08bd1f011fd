import { jsonEquals, type Json } from "../../session/json/json.ts";
import type { ChannelValue, GivenValue, ValueRecord } from "./channel-value.ts";
import type { CheckpointRecord } from "./records.ts";
import { spliceTo } from "./session-messages.ts";
import type { ThreadChange, ThreadView } from "./thread.ts";
import { inherited, ROOT, type KnownCheckpoint, type ThreadState } from "./thread-state.ts";

/** The channel that the session's messages show. */
const MESSAGES = "messages";

interface GivenCheckpoint extends Omit<CheckpointRecord, "values"> {
  readonly values: ReadonlyMap<string, GivenValue>;
  /** Channels that got a new version; `undefined` when the caller does not say. */
  readonly changed: ReadonlySet<string> | undefined;
}

/** A checkpoint that is to be stored. */
export class CheckpointDraft {
  readonly #given: GivenCheckpoint;

  constructor(given: GivenCheckpoint) {
    this.#given = given;
  }

  /** What it adds to the thread; `undefined` when it is there already. */
  changeOf({ state, contents }: ThreadView): ThreadChange | undefined {
    const { put, checkpoint, metadata, versions } = this.#given;
    const [ns, id, parentId] = put;
    const known = state.checkpoint(ns, id);
    const parent = parentId === null ? undefined : state.checkpoint(ns, parentId);
    const records: [string, ValueRecord][] = [];
    for (const [channel, version] of Object.entries(versions)) {
      const record = this.#recordOf(state, parent, channel, version);
      if (record !== undefined) records.push([channel, record]);
    }
    for (const [channel, given] of this.#given.values) {
      if (Object.hasOwn(versions, channel)) continue;
      const before = parent?.values.get(channel);
      records.push([channel, before?.recordOf(given, parent?.id ?? "", undefined) ?? given.stored]);
    }
    const item = { put, checkpoint, metadata, versions, values: Object.fromEntries(records) };
    if (known !== undefined && isSame(known, item, state.valuesOf(item))) return undefined;
    const messages = this.#isNewest(state) ? this.#given.values.get(MESSAGES) : undefined;
    // Those that the value before shares with it are the same objects, which makes the comparison short.
    const before = parent?.values.get(MESSAGES);
    const items = messages && (before?.itemsOf(item.values[MESSAGES]) ?? messages.items);
    return {
      item,
      splice: items && spliceTo(contents, items),
      stored: (now) => {
        for (const [channel, { text }] of this.#given.values)
          if (text?.startsWith("[") === true) now.noteText(ns, id, channel, text);
      },
    };
  }

  /** `undefined` for a channel that is as in the parent. */
  #recordOf(
    state: ThreadState,
    parent: KnownCheckpoint | undefined,
    channel: string,
    version: string | number,
  ): ValueRecord | undefined {
    const { put, values, changed } = this.#given;
    const given = values.get(channel);
    const isParents = parent?.record.versions[channel] === version;
    if (changed?.has(channel) === false) {
      if (isParents) return undefined;
      // A copy of a checkpoint beside it: its channels are not new, but not the parent's either.
      const others = state.valuesAt(put[0], channel, version);
      const same =
        given &&
        others.find(
          (other) =>
            other.equals(given) && state.checkpoint(put[0], other.origin)?.values.get(channel) === other,
        );
      if (same !== undefined) return { same: same.origin };
      return given !== undefined && others.length > 0 ? given.stored : undefined;
    }
    if (given === undefined) {
      return inherited(parent, channel, version) === undefined ? undefined : { none: true };
    }
    const before = parent?.values.get(channel);
    if (before === undefined) return given.stored;
    if (isParents && before.equals(given)) return undefined;
    return before.recordOf(given, parent?.id ?? "", state.textOf(put[0], channel, before));
  }

  /** The session's messages are those of the newest checkpoint of the graph itself. */
  #isNewest(state: ThreadState): boolean {
    const [ns, id] = this.#given.put;
    const latest = state.latest(ROOT);
    return ns === ROOT && (latest === undefined || latest.id <= id);
  }
}

function isSame(
  { record, values }: KnownCheckpoint,
  item: CheckpointRecord,
  itemValues: ReadonlyMap<string, ChannelValue>,
): boolean {
  const [own, other] = [record, item].map(({ put, checkpoint, metadata, versions }) => [
    put,
    checkpoint,
    metadata,
    versions,
  ]) as unknown as [Json, Json];
  return (
    jsonEquals(own, other) &&
    values.size === itemValues.size &&
    [...values].every(([channel, value]) => itemValues.get(channel)?.isSame(value) === true)
  );
}
