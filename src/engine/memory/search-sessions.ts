import type { SessionHead } from "../../session/head.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SearchHit, SearchQuery } from "../contract.ts";
import { isIn } from "../list-query.ts";
import { checkSearch, hasAll, matchesIn, phrasesOf, type Phrase } from "../search-query.ts";
import { snippetOf } from "../search-snippet.ts";
import { searchableText } from "../search-text.ts";

export interface SearchedSession {
  readonly id: SessionId;
  readonly head: SessionHead;
  readonly messages: readonly Message[];
  readonly updatedAt: string;
}

/** Looks through every message and title; those with the most finds for their length come first. */
export function searchSessions(sessions: Iterable<SearchedSession>, query: SearchQuery): SearchHit[] {
  const { limit, since } = checkSearch(query);
  const phrases = phrasesOf(query.text);
  const found: { hit: SearchHit; rank: number }[] = [];
  if (phrases.length === 0) return [];
  for (const session of sessions) {
    if (Date.parse(session.updatedAt) < since || !isWanted(session.head, query)) continue;
    const { head, messages } = session;
    if (query.role === undefined && head.title !== null)
      look(session, undefined, undefined, head.title, phrases, found);
    for (const [position, message] of messages.entries()) {
      if (query.role !== undefined && message.role !== query.role) continue;
      look(session, position, message.role, searchableText(message), phrases, found);
    }
  }
  found.sort((left, right) => right.rank - left.rank);
  return found.slice(0, limit).map(({ hit }) => hit);
}

function isWanted(head: SessionHead, { workspace, user }: SearchQuery): boolean {
  return (user === undefined || head.userId === user) && isIn(workspace, head);
}

function look(
  { id, head, updatedAt }: SearchedSession,
  position: number | undefined,
  role: string | undefined,
  text: string,
  phrases: readonly Phrase[],
  found: { hit: SearchHit; rank: number }[],
): void {
  const matches = matchesIn(text, phrases);
  if (!hasAll(matches, phrases)) return;
  const hit = { id, title: head.title, position, role, ...snippetOf(text, phrases), updatedAt };
  found.push({ hit, rank: matches.length / Math.log2(text.length + 16) });
}
