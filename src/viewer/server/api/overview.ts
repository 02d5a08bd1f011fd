import type { DayRow, Overview, ProjectRow } from "../../shapes.ts";
import type { RecentList } from "./recent-list.ts";
import type { Listed } from "./session-row.ts";

/** What the sessions that a request is narrowed to come to, by days and by projects. From their summaries alone. */
export async function overviewOf(recent: RecentList, params: URLSearchParams): Promise<Overview> {
  const { rows } = await recent.read();
  const { sessions, facets } = rows.narrowed("updated", params);
  const days = new Map<string, Sum>();
  const projects = new Map<string, Sum>();
  for (const listed of sessions) {
    add(days, listed.day, listed);
    add(projects, listed.row.project ?? "", listed);
  }
  return {
    total: sessions.length,
    facets,
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

function add(sums: Map<string, Sum>, key: string, { row, messages, tokens }: Listed): void {
  const { bytes, updatedAt } = row;
  const sum = sums.get(key) ?? { sessions: 0, messages: 0, tokens: 0, bytes: 0, updatedAt };
  sum.sessions++;
  sum.messages += messages;
  sum.tokens += tokens;
  sum.bytes += bytes;
  if (updatedAt > sum.updatedAt) sum.updatedAt = updatedAt;
  sums.set(key, sum);
}
