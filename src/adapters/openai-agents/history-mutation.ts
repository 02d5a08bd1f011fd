import type { AgentInputItem, SessionHistoryMutation } from "@openai/agents-core";
import { jsonEquals, type Json } from "../../session/json/json.ts";

/**
 * What the SDK's mutations make of the items, as one splice; `undefined` when nothing changes. The first call with a
 * mutation's id becomes its replacement, further ones are left out.
 */
export function mutated(
  items: readonly AgentInputItem[],
  mutations: readonly SessionHistoryMutation[],
): readonly [start: number, deleteCount: number, items: readonly AgentInputItem[]] | undefined {
  let next: readonly AgentInputItem[] = items;
  for (const { callId, replacement } of mutations) {
    let isFirst = true;
    next = next.flatMap((item) => {
      if (item.type !== "function_call" || item.callId !== callId) return [item];
      const kept = isFirst ? [replacement] : [];
      isFirst = false;
      return kept;
    });
  }
  const shorter = Math.min(items.length, next.length);
  let start = 0;
  while (start < shorter && same(items[start], next[start])) start++;
  let behind = 0;
  while (behind < shorter - start && same(items[items.length - 1 - behind], next[next.length - 1 - behind]))
    behind++;
  if (start === items.length && start === next.length) return undefined;
  return [start, items.length - start - behind, next.slice(start, next.length - behind)];
}

function same(left: AgentInputItem | undefined, right: AgentInputItem | undefined): boolean {
  return left === right || jsonEquals(left as unknown as Json, right as unknown as Json);
}
