import type { SearchHit } from "../../index.ts";
import { cutText } from "../../session/json/outgoing-text.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import { referenceTo } from "../reference.ts";
import type { Measure } from "./measure.ts";

const LONGEST_FIELD = 300;

/** What a bounded answer says of a session: at most half of what it may take. */
export function toldSession(summary: SessionSummary, most: number, measure: Measure): object {
  const { id, title, source, updatedAt, revision, messageCount, workspacePath, model, parentId } = summary;
  return withinHalf(most, measure, (cut) => ({
    ...{ id, title: cut(title), source: cut(source), updatedAt, revision, messageCount },
    ...{ workspace: cut(workspacePath), model: cut(model), parentId },
    lastMessagePreview: cut(summary.lastMessagePreview),
  }));
}

/**
 * The same of a find.
 * @param revision of the session that was found; `undefined` when it has changed since.
 */
export function toldHit(
  hit: SearchHit & { readonly id: SessionId },
  revision: number | undefined,
  most: number,
  measure: Measure,
): object {
  const { id, title, position, role, snippet, updatedAt } = hit;
  return withinHalf(most, measure, (cut) => ({
    ...{ id, title: cut(title), snippet: cut(snippet), updatedAt },
    ...(position === undefined ? {} : { position, reference: referenceTo(id, position, revision) }),
    ...(role === undefined ? {} : { role: cut(role) }),
  }));
}

/** The first items that together take at most so much in an answer. */
export function fitting<T>(items: readonly T[], most: number, measure: Measure): T[] {
  let taken = 0;
  const end = items.findIndex((item) => (taken += measure.of(item) + 1) > most);
  return end < 0 ? [...items] : items.slice(0, end);
}

/** Titles and paths have no bound of their own: they are cut, and cut more where they take too much. */
function withinHalf(most: number, measure: Measure, tell: (cut: Cut) => object): object {
  for (let longest = LONGEST_FIELD; ; longest = Math.floor(longest / 2)) {
    const told = tell((text) => (text === null ? text : cutText(text, longest)));
    if (longest <= 1 || measure.of(told) <= most / 2) return told;
  }
}

type Cut = <T extends string | null>(text: T) => T | string;
