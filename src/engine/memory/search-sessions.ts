import { OWN_SOURCE } from "../../session/summary/summary.ts";
import type { SessionHead } from "../../session/head.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { takenFrom } from "../../session/taken-over.ts";
import type { SearchHit, SearchQuery } from "../contract.ts";
import { isIn } from "../list-query.ts";
import { checkSearch, hasAll, matchesIn, type Phrase } from "../search/search-query.ts";
import { unwantedOf } from "../search/search-leaves-out.ts";
import { snippetOf } from "../search/search-snippet.ts";
import { searchInStages } from "../search/search-stages.ts";
import { searchableOf } from "../search/search-text.ts";

export interface SearchedSession {
  readonly id: SessionId;
  readonly head: SessionHead;
  readonly messages: readonly Message[];
  readonly updatedAt: string;
}

interface Found {
  readonly hit: SearchHit;
  readonly rank: number;
}

/** Looks through every message and title; those with the most finds for their length come first. */
export async function searchSessions(
  sessions: readonly SearchedSession[],
  query: SearchQuery,
): Promise<SearchHit[]> {
  const { limit, since, until } = checkSearch(query);
  const wanted = sessions.filter(({ updatedAt, head }) => {
    const time = Date.parse(updatedAt);
    return time >= since && time < until && isWanted(head, query);
  });
  return await searchInStages(query.text, limit, (phrases, most) => {
    const found = wanted.flatMap((session) => findsIn(session, phrases, query));
    found.sort((left, right) => right.rank - left.rank);
    return Promise.resolve(found.slice(0, most).map(({ hit }) => hit));
  });
}

function isWanted(head: SessionHead, query: SearchQuery): boolean {
  const { workspace, user, source, tag, directory, except = {} } = query;
  const own = head.custom["source"] ?? OWN_SOURCE;
  const path = head.workspacePath ?? "";
  return (
    (user === undefined || head.userId === user) &&
    (source === undefined || own === source) &&
    (tag === undefined || head.tags.includes(tag)) &&
    (directory === undefined || asciiFolded(path).includes(asciiFolded(directory))) &&
    except.source?.includes(own) !== true &&
    except.tag?.some((one) => head.tags.includes(one)) !== true &&
    except.directory?.some((one) => asciiFolded(path).includes(asciiFolded(one))) !== true &&
    isIn(workspace, head)
  );
}

function asciiFolded(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function findsIn(
  { id, head, messages, updatedAt }: SearchedSession,
  phrases: readonly Phrase[],
  query: SearchQuery,
): Found[] {
  const { role, tool, except } = query;
  const unwanted = unwantedOf(query);
  const found: Found[] = [];
  const look = (position: number | undefined, speaker: string | undefined, text: string): void => {
    const matches = matchesIn(text, phrases);
    if (!hasAll(matches, phrases) || matchesIn(text, unwanted).length > 0) return;
    const from = takenFrom(head.custom, position);
    const hit = {
      ...{ id, title: head.title, position, role: speaker, ...snippetOf(text, phrases), updatedAt },
      ...(from === undefined ? {} : { takenFrom: from }),
    };
    found.push({ hit, rank: matches.length / Math.log2(text.length + 16) });
  };
  if (role === undefined && tool === undefined && head.title !== null) look(undefined, undefined, head.title);
  for (const [position, message] of messages.entries()) {
    const { text, speaker, tools } = searchableOf(message);
    if (role !== undefined && speaker !== role) continue;
    if (tool !== undefined && !tools.includes(tool.toLowerCase())) continue;
    if (except?.role?.includes(speaker) === true) continue;
    if (except?.tool?.some((one) => tools.includes(one.toLowerCase())) === true) continue;
    look(position, speaker, text);
  }
  return found;
}
