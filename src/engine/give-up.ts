import { InvalidArgumentError } from "../session/errors/errors.ts";
import type { SessionId } from "../session/session-id.ts";

/** From where on a session's history is kept: a revision, or the first one of a time (RFC 3339) or later. */
export type KeptFrom =
  | { readonly revision: number; readonly time?: undefined }
  | { readonly time: string; readonly revision?: undefined };

export interface GiveUpOptions {
  /** Only say what would go. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** With a dry run: as if the earlier lives of the id had gone from the trash before. Default: false. */
  readonly trashGoes?: boolean | undefined;
  /** The lease by which the caller holds the session. Default: none. */
  readonly lease?: string | undefined;
}

/** What went of a session's history, or would go. */
export interface GivenUp {
  /** The first revision that there is. */
  readonly begins: number;
  /** How many revisions went. */
  readonly revisions: number;
  /** Bytes that the session takes less for it, its document apart. */
  readonly bytes: number;
  /** Nothing went, because earlier lives of the id are in the trash: they go first. */
  readonly waitsForTrash?: true | undefined;
  /** Nothing went, because whenever the session had been read somebody had written to it. */
  readonly isBusy?: true | undefined;
}

/**
 * The revision that a history is to begin with: the first that is kept, or the last one, which is never given up.
 * @param commits of the session's current life, oldest first.
 */
export function firstKept(
  commits: Iterable<{ readonly revision: number; readonly at: string; readonly removed?: unknown }>,
  { revision, time }: KeptFrom,
): number | undefined {
  const from = time === undefined ? 0 : Date.parse(time);
  let last: number | undefined;
  for (const commit of commits) {
    // A removal is told together with what it took away: a history begins with a session that is there.
    if (commit.removed !== undefined) continue;
    last = commit.revision;
    if (revision === undefined ? Date.parse(commit.at) >= from : last >= revision) return last;
  }
  return last;
}

/** Tells a history that was given up, perhaps while it was read, from any other argument that makes no sense. */
export class HistoryGivenUpError extends InvalidArgumentError {}

/** What a reader of revisions that were given up is told. @param behind the revision before the first that there is. */
export function historyBegins(id: SessionId, behind: number): HistoryGivenUpError {
  return new HistoryGivenUpError(
    `The history of session ${id} begins behind revision ${behind}: what was before was given up.`,
  );
}
