import { InvalidArgumentError } from "./errors/errors.ts";
import { frozenJson, isJsonObject, type Json } from "./json/json.ts";

/**
 * Items to add to the session's side lists, by the list's name. A side list only grows: it holds what a framework
 * keeps beside the messages, such as a graph's checkpoints.
 */
export type SideLists = { readonly [list: string]: readonly Json[] };

/** One item of a side list, with the name of its list. */
export type SideEntry = readonly [list: string, item: Json];

/** The items, in the order in which they are stored: list after list, as they are named. Empty lists have none. */
export function sideEntries(side: SideLists | undefined): SideEntry[] {
  return Object.entries(side ?? {}).flatMap(([list, items]) => items.map((item): SideEntry => [list, item]));
}

/** The inverse; `undefined` when there are no items. */
export function sideLists(entries: readonly SideEntry[]): SideLists | undefined {
  if (entries.length === 0) return undefined;
  const lists = new Map<string, Json[]>();
  for (const [list, item] of entries) {
    const items = lists.get(list);
    if (items === undefined) lists.set(list, [item]);
    else items.push(item);
  }
  return Object.fromEntries(lists);
}

/** The same, frozen, whatever the caller does to the original. @throws {InvalidArgumentError} */
export function checkedSideEntries(side: SideLists | undefined): readonly SideEntry[] {
  if (side === undefined) return NONE;
  if (!isJsonObject(side) || !Object.values(side).every((items) => Array.isArray(items))) {
    throw new InvalidArgumentError("side must be an object of arrays: the items to add, by the list's name.");
  }
  try {
    return sideEntries(side).map(([list, item]) => [list, frozenJson(item, `side.${list}`)]);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InvalidArgumentError(`${error.message}. Nothing was stored.`, { cause: error });
  }
}

const NONE: readonly SideEntry[] = [];
