import type { SessionStore } from "../../store/session-store.ts";
import { inspectSources, type InspectedSource, type InspectOptions } from "./inspect.ts";
import { unreadSources } from "./sources.ts";

export interface StatusOptions extends InspectOptions {
  /** A look that is older is wrong. Default: seven days. */
  readonly maxAgeMs?: number | undefined;
}

/** How it stands with one folder. */
export interface SourceStatus extends InspectedSource {
  /** Sentences; none when nothing is wrong. */
  readonly wrong: readonly string[];
}

export interface SyncStatus {
  /** Whether every folder was looked at, not too long ago, and everything in it was taken. */
  readonly isWell: boolean;
  readonly sources: readonly SourceStatus[];
  /** Agents that are here and that nothing reads. */
  readonly unread: readonly { readonly name: string; readonly folder: string }[];
}

const DAY = 86_400_000;
const DEFAULT_AGE = 7 * DAY;

/**
 * How it stands with bringing in what agents record. Well is only what was tried: no known agent's folder, one that
 * nobody agreed to, one that is gone and a look that is old or was not finished are all told as wrong.
 */
export async function syncStatus(store: SessionStore, options: StatusOptions = {}): Promise<SyncStatus> {
  const { maxAgeMs = DEFAULT_AGE, now = new Date(), env = process.env } = options;
  const inspected = await inspectSources(store, { ...options, now });
  const sources = inspected.map((source) => ({ ...source, wrong: wrongWith(source, now, maxAgeMs) }));
  const isWell = sources.length > 0 && sources.every(({ wrong }) => wrong.length === 0);
  return { isWell, sources, unread: unreadSources(env) };
}

function wrongWith(source: InspectedSource, now: Date, maxAgeMs: number): string[] {
  const { isThere, isAgreed, look, refused } = source;
  const wrong: string[] = [];
  if (!isThere) wrong.push("The folder is gone.");
  if (!isAgreed) wrong.push('Nobody has agreed to bring it in: "sync --yes" does.');
  else if (look === undefined) wrong.push('It was never looked at: "sync" does.');
  if (look !== undefined) {
    const age = now.getTime() - Date.parse(look.at);
    if (age > maxAgeMs) wrong.push(`It was last looked at ${Math.floor(age / DAY)} days ago.`);
    if (!look.isComplete) wrong.push("The last look was not finished.");
    if (look.failedCount > 0) wrong.push(`${files(look.failedCount)} could not be taken.`);
    if (look.lossyCount > 0) wrong.push(`Of ${files(look.lossyCount)} not every record became a message.`);
  }
  if (isThere && refused.length > 0) wrong.push(`${refused.length} of its folders cannot be read.`);
  return wrong;
}

function files(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}
