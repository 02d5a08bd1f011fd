import type { SearchQuery } from "../../index.ts";
import { leftOut, parseQuery, sourceOf } from "../query.ts";

/** What the full text is asked for what was typed: its last word may go on. `undefined` when there is no word. */
export function searchQuery(typed: string, now: Date): SearchQuery | undefined {
  const query = parseQuery(typed, now);
  const { text, agent, directory, tag, tool, role, since, until } = query;
  if (!/[\p{L}\p{N}]/u.test(text)) return undefined;
  return {
    text: /[\p{L}\p{N}]$/u.test(text) ? `${text}*` : text,
    source: agent === undefined ? undefined : sourceOf(agent),
    ...leftOut(query),
    ...{ directory, tag, tool, role, since, until },
  };
}
