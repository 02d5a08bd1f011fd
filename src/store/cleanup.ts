import { InvalidArgumentError } from "../session/errors.ts";
import { timeMs } from "../session/time.ts";
import type { SessionStore } from "./session-store.ts";
import type { CleanupOptions } from "./store-options.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Removes the sessions of a store that are older than so many days, into the trash; returns how many. */
export async function cleanupOld(
  store: Pick<SessionStore, "sessions" | "delete">,
  days: number,
  options: CleanupOptions,
): Promise<number> {
  if (!(days >= 0))
    throw new InvalidArgumentError(`The age must be a number of days from 0 up, not ${String(days)}.`);
  const cutoff = Date.now() - days * DAY;
  let removed = 0;
  for await (const summary of store.sessions()) {
    const time = options.by === "activity" ? summary.updatedAt : summary.createdAt;
    if (timeMs(time) >= cutoff) continue;
    if (
      options.dryRun !== true &&
      !(await store.delete(summary.id, { trash: options.trash ?? true, subagents: false }))
    )
      continue;
    removed++;
    options.onRemove?.(summary);
  }
  return removed;
}
