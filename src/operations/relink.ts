import { posix, resolve, win32 } from "node:path";
import { realPathOf } from "../home/detect-workspace.ts";
import { isOwnPath } from "../home/own-path.ts";
import type { Commit, Committed } from "../session/commit.ts";
import { InvalidArgumentError, SessionNotFoundError } from "../session/errors/errors.ts";
import { isSessionId, type SessionId } from "../session/session-id.ts";
import type { SessionSummary } from "../session/summary/summary.ts";
import { Places } from "./workspace-groups.ts";

export interface RelinkOptions {
  /** Only says what would be changed. Default: false. */
  readonly dryRun?: boolean | undefined;
}

/** A session that was given another workspace. */
export interface Relinked {
  readonly id: SessionId;
  readonly from: string | null;
  readonly to: string;
}

/**
 * Gives the sessions of one place another: those whose workspace is `from` or lies below it, or has that id. They are
 * changed one after the other, each by one commit that leaves its time as it was; cut short, it is done again and does
 * what is left. A session that is at `to` or below it already is passed over.
 */
export async function relink(
  sessions: AsyncIterable<SessionSummary>,
  commit: (id: SessionId, commit: Commit) => Promise<Committed>,
  from: string,
  to: string,
  { dryRun = false }: RelinkOptions = {},
): Promise<Relinked[]> {
  for (const path of [from, to])
    if (typeof path !== "string" || path === "")
      throw new InvalidArgumentError("relink takes two paths, or an id and a path; neither may be empty.");
  const target = absolute(to);
  const spellings = await spellingsOf(from);
  const places = new Places();
  const found: { summary: SessionSummary; path: string }[] = [];
  // All are found before the first is changed: a listing goes by what changes.
  for await (const summary of sessions) {
    const path = newPathOf(summary, from, spellings, target);
    if (path !== undefined) found.push({ summary, path });
  }
  const relinked: Relinked[] = [];
  for (const { summary, path } of found) {
    const { id, workspacePath, updatedAt } = summary;
    const place = await places.at(path);
    const workspaceId = (place.isThere === true ? place : await places.at(target)).id ?? null;
    if (workspacePath === path && summary.workspaceId === workspaceId) continue;
    if (!dryRun) {
      try {
        await commit(id, { at: updatedAt, set: { workspacePath: path, workspaceId } });
      } catch (error) {
        // Someone has removed it meanwhile.
        if (error instanceof SessionNotFoundError) continue;
        throw error;
      }
    }
    relinked.push({ id, from: workspacePath, to: path });
  }
  return relinked;
}

/** Where a session's workspace is from now on; `undefined` when it is none of those. */
function newPathOf(
  { workspacePath, workspaceId }: SessionSummary,
  from: string,
  spellings: readonly string[],
  to: string,
): string | undefined {
  if (isSessionId(from.toLowerCase())) return workspaceId === from.toLowerCase() ? to : undefined;
  if (workspacePath === null || below(workspacePath, to) !== undefined) return undefined;
  for (const spelling of spellings) {
    const rest = below(workspacePath, spelling);
    if (rest?.length === 0) return to;
    if (rest !== undefined) return [withoutEnd(to), ...rest].join(separatorOf(to));
  }
  return undefined;
}

/** The names from `directory` down to a path as they are written; `undefined` when the path is not below it. */
function below(path: string, directory: string): readonly string[] | undefined {
  const start = withoutEnd(directory);
  if (path === directory || path === start) return [];
  const separators = separatorOf(directory) === "\\" ? /[\\/]/ : /\//;
  if (!path.startsWith(start) || !separators.test(path.charAt(start.length))) return undefined;
  return path
    .slice(start.length)
    .split(separators)
    .filter((name) => name !== "");
}

/** `from` as sessions may have it. */
async function spellingsOf(from: string): Promise<readonly string[]> {
  if (!isOwnPath(from)) return [from];
  const path = resolve(from);
  return [...new Set([from, path, await realPathOf(path)])];
}

function absolute(path: string): string {
  return isOwnPath(path) ? resolve(path) : path;
}

function withoutEnd(path: string): string {
  let end = path.length;
  while (end > 0 && "\\/".includes(path.charAt(end - 1))) end--;
  return path.slice(0, end);
}

/** How the names in a path are parted, by the system that it is of. */
function separatorOf(path: string): string {
  return isOwnPath(path, "win32") && path.includes(win32.sep) ? win32.sep : posix.sep;
}
