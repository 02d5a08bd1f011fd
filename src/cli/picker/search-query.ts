import { searchQuery } from "../../faces/query.ts";
import type { SearchQuery } from "../../index.ts";

/** What the full text is asked for what was typed: its last word may go on. `undefined` when there is no word. */
export function searchAsTyped(typed: string, now: Date): SearchQuery | undefined {
  const { text, problems: _, ...query } = searchQuery(typed, now);
  if (!/[\p{L}\p{N}]/u.test(text)) return undefined;
  return { text: /[\p{L}\p{N}]$/u.test(text) ? `${text}*` : text, ...query };
}
