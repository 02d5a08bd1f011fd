import type { SessionSummary } from "../../../session/summary/summary.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { DayRow, Overview, ProjectRow } from "../../shapes.ts";
import { dayOf, Filters } from "./filters.ts";
import { pagesOf } from "./recent-list.ts";
import { rowOf } from "./session-row.ts";

/** What the sessions that a request is narrowed to come to, by days and by projects. From their summaries alone. */
export async function overviewOf(store: SessionStore, params: URLSearchParams): Promise<Overview> {
  const filters = new Filters(params);
  let total = 0;
  const days = new Map<string, Sum>();
  const projects = new Map<string, Sum>();
  for await (const { sessions } of pagesOf(store, "updated"))
    for (const summary of sessions) {
      if (!filters.take(rowOf(summary))) continue;
      total++;
      add(days, dayOf(summary), summary);
      add(projects, summary.workspacePath ?? "", summary);
    }
  return {
    total,
    facets: filters.facets(),
    days: [...days].map(([day, sum]): DayRow => ({ day, sessions: sum.sessions, tokens: sum.tokens })),
    projects: [...projects].map(([project, sum]): ProjectRow => ({ project, ...sum })),
  };
}

interface Sum {
  sessions: number;
  messages: number;
  tokens: number;
  bytes: number;
  /** The latest change. */
  updatedAt: string;
}

function add(sums: Map<string, Sum>, key: string, summary: SessionSummary): void {
  const { messageCount, takenOver, tokenCount, takenOverTokens, bytes, updatedAt } = summary;
  const sum = sums.get(key) ?? { sessions: 0, messages: 0, tokens: 0, bytes: 0, updatedAt };
  sum.sessions++;
  // What a fork took over was said in the other session.
  sum.messages += messageCount - takenOver;
  sum.tokens += tokenCount - takenOverTokens;
  sum.bytes += bytes;
  if (updatedAt > sum.updatedAt) sum.updatedAt = updatedAt;
  sums.set(key, sum);
}
