import type { SessionSummary } from "../session/summary/summary.ts";
import { countedElsewhere } from "../session/taken-over.ts";
import { timeMs } from "../session/time.ts";
import { WorkspaceGroups } from "./workspace-groups.ts";

/** A project that sessions belong to, and what there is of it. */
export interface WorkspaceSummary {
  /** Its id, where its sessions have one; of several, the one that was used last. */
  readonly id: string | null;
  /** Where it is, or was last: the path that a session was stored with; `null` where none was. */
  readonly path: string | null;
  /** All paths that its sessions were stored with, the one that was used last first. */
  readonly paths: readonly string[];
  /** Those of sub-agents, and archived ones, too. */
  readonly sessionCount: number;
  /** What a fork took over from a session that is there is counted in that one. */
  readonly messageCount: number;
  /** Bytes that its sessions take in the store. */
  readonly bytes: number;
  /** When one of its sessions changed last, RFC 3339. */
  readonly updatedAt: string;
  /** Whether one of its paths is a directory on this machine; `null` where this machine cannot tell. */
  readonly exists: boolean | null;
}

/** Sessions of one path and id. */
interface Part extends Pick<SessionSummary, "workspacePath" | "workspaceId"> {
  sessionCount: number;
  messageCount: number;
  bytes: number;
  updatedAt: string;
}

type Fork = Pick<SessionSummary, "custom" | "takenOver">;

/** The workspaces that sessions belong to, the one that was used last first. Sessions without one are in none. */
export async function workspacesOf(sessions: AsyncIterable<SessionSummary>): Promise<WorkspaceSummary[]> {
  const parts = await partsOf(sessions);
  const groups = await WorkspaceGroups.of(parts);
  const grouped = Map.groupBy(parts, (part) => groups.of(part));
  grouped.delete(undefined);
  return [...grouped.values()].map((group) => summaryOf(group.sort(lastFirst), groups)).sort(lastFirst);
}

async function partsOf(sessions: AsyncIterable<SessionSummary>): Promise<Part[]> {
  const parts = new Map<string, Part>();
  const ids = new Set<string>();
  const forks: { readonly part: Part; readonly fork: Fork }[] = [];
  for await (const { id, workspacePath, workspaceId, messageCount, bytes, updatedAt, ...fork } of sessions) {
    const key = JSON.stringify([workspacePath, workspaceId]);
    let part = parts.get(key);
    if (part === undefined) {
      part = { workspacePath, workspaceId, sessionCount: 0, messageCount: 0, bytes: 0, updatedAt };
      parts.set(key, part);
    }
    part.sessionCount++;
    part.messageCount += messageCount;
    part.bytes += bytes;
    if (timeMs(updatedAt) > timeMs(part.updatedAt)) part.updatedAt = updatedAt;
    ids.add(id);
    if (fork.takenOver > 0) forks.push({ part, fork: { custom: fork.custom, takenOver: fork.takenOver } });
  }
  for (const { part, fork } of forks) part.messageCount -= countedElsewhere(fork, (id) => ids.has(id));
  return [...parts.values()];
}

function summaryOf(parts: readonly Part[], groups: WorkspaceGroups): WorkspaceSummary {
  const paths = [...new Set(parts.flatMap(({ workspacePath }) => workspacePath ?? []))];
  const there = parts.map((part) => groups.isThere(part));
  const present = parts.find((part, index) => there[index] === true && part.workspacePath !== null);
  const sum = (field: "sessionCount" | "messageCount" | "bytes"): number =>
    parts.reduce((total, part) => total + part[field], 0);
  return {
    id: parts.find(({ workspaceId }) => workspaceId !== null)?.workspaceId ?? null,
    path: present?.workspacePath ?? paths[0] ?? null,
    paths,
    sessionCount: sum("sessionCount"),
    messageCount: sum("messageCount"),
    bytes: sum("bytes"),
    updatedAt: parts[0]?.updatedAt ?? "",
    exists: present !== undefined ? true : there.includes(false) ? false : null,
  };
}

function lastFirst(left: { updatedAt: string }, right: { updatedAt: string }): number {
  return timeMs(right.updatedAt) - timeMs(left.updatedAt);
}
