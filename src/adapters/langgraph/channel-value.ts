import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { freezeParsed, jsonEquals, jsonText, type Json } from "../../session/json/json.ts";
import { dumpText, revive, reviveText, sameValue, type StoredValue } from "./stored-value.ts";

/**
 * How a checkpoint's record states a channel's value: as it is; as the beginning of the list that an earlier checkpoint
 * (`of`) stored, with more behind it; as the same that an earlier one stored; or that there is none.
 */
export type ValueRecord =
  | StoredValue
  | { readonly of: string; readonly keep: number; readonly add: readonly Json[] }
  | { readonly same: string }
  | { readonly none: true };

/** A value of a channel. Lists that grow share one array: a value is its first `length` items. */
export class ChannelValue {
  /** The checkpoint whose record states it. */
  readonly origin: string;
  readonly #items: Json[] | undefined;
  readonly length: number;
  readonly #stored: StoredValue | undefined;

  private constructor(origin: string, items: Json[] | undefined, stored: StoredValue | undefined) {
    this.origin = origin;
    this.#items = items;
    this.length = items?.length ?? 0;
    this.#stored = stored;
  }

  static of(origin: string, stored: StoredValue): ChannelValue {
    return "json" in stored && Array.isArray(stored.json)
      ? new ChannelValue(origin, (stored.json as readonly Json[]).map(freezeParsed), undefined)
      : new ChannelValue(origin, undefined, stored);
  }

  /** The first `keep` items of this one, and more behind them. */
  grown(origin: string, keep: number, add: readonly Json[]): ChannelValue {
    const items = this.#items ?? [];
    // What others see of the array stays as it is: only its end may grow, and only once.
    const shared = keep === items.length && keep === this.length ? items : items.slice(0, keep);
    // Frozen, so that the session's messages share them.
    for (const item of add) shared.push(freezeParsed(item));
    return new ChannelValue(origin, shared, undefined);
  }

  /** Its items, when it is a list. */
  get items(): readonly Json[] | undefined {
    return this.#items?.length === this.length ? this.#items : this.#items?.slice(0, this.length);
  }

  /** What a list's record makes of this value. */
  itemsOf(record: ValueRecord | undefined): readonly Json[] | undefined {
    if (record === undefined || "same" in record) return this.items;
    return "of" in record ? [...(this.items ?? []).slice(0, record.keep), ...record.add] : undefined;
  }

  text(): string | undefined {
    const items = this.items;
    return items === undefined ? undefined : `[${items.map(jsonText).join(",")}]`;
  }

  /** @param text its JSON, where that is known. */
  async revive(serde: SerializerProtocol, text = this.text()): Promise<unknown> {
    return this.#stored === undefined
      ? await reviveText(serde, text ?? "null")
      : await revive(serde, this.#stored);
  }

  isSame(other: ChannelValue): boolean {
    if (this === other) return true;
    if (this.#stored !== undefined)
      return other.#stored !== undefined && sameValue(this.#stored, other.#stored);
    return other.items?.length === this.length && this.#common(other.items) === this.length;
  }

  equals(given: GivenValue): boolean {
    if (this.#stored !== undefined) return sameValue(this.#stored, given.stored);
    return given.items?.length === this.length && this.#common(given.items) === this.length;
  }

  /** What a record says of `given`, when this is the value that the checkpoint `of` has. */
  recordOf(given: GivenValue, of: string, ownText: string | undefined): ValueRecord {
    const tail = ownText === undefined ? undefined : given.itemsBehind(ownText);
    if (tail !== undefined) return this.#grownBy(of, this.length, tail);
    if (given.items !== undefined && this.#items !== undefined) {
      const keep = this.#common(given.items);
      if (keep > 0) return this.#grownBy(of, keep, given.items.slice(keep));
    }
    return this.equals(given) ? { same: of } : given.stored;
  }

  #grownBy(of: string, keep: number, add: readonly Json[]): ValueRecord {
    return keep === this.length && add.length === 0 ? { same: of } : { of, keep, add };
  }

  /** How many items both begin with. */
  #common(items: readonly Json[]): number {
    const own = this.#items ?? [];
    const most = Math.min(this.length, items.length);
    let count = 0;
    while (count < most && jsonEquals(own[count], items[count])) count++;
    return count;
  }
}

/** A value that is to be stored. It is parsed only when its text does not tell enough. */
export class GivenValue {
  /** Its JSON; `undefined` when the serializer makes something else of it. */
  readonly text: string | undefined;
  #stored: StoredValue | undefined;

  private constructor(text: string | undefined, stored: StoredValue | undefined) {
    this.text = text;
    this.#stored = stored;
  }

  /** @param name what is told of it when it cannot be stored. */
  static async from(serde: SerializerProtocol, value: unknown, name: string): Promise<GivenValue> {
    const dumped = await dumpText(serde, value, name);
    return "text" in dumped ? new GivenValue(dumped.text, undefined) : new GivenValue(undefined, dumped);
  }

  get stored(): StoredValue {
    this.#stored ??= { json: JSON.parse(this.text ?? "null") as Json };
    return this.#stored;
  }

  get items(): readonly Json[] | undefined {
    if (this.text?.startsWith("[") !== true) return undefined;
    const { stored } = this;
    return "json" in stored && Array.isArray(stored.json) ? (stored.json as readonly Json[]) : undefined;
  }

  /** When the list's text begins with that of another list: the items behind it. */
  itemsBehind(listText: string): readonly Json[] | undefined {
    const { text } = this;
    if (text === undefined || text.length < listText.length) return undefined;
    if (text === listText) return [];
    const open = listText.slice(0, -1);
    if (open.length === 1 || !text.startsWith(open) || text.charAt(open.length) !== ",") return undefined;
    return (JSON.parse(`[${text.slice(open.length + 1)}`) as Json[]).map(freezeParsed);
  }
}
