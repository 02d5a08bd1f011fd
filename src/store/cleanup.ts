import type { StorageEngine } from "../engine/contract.ts";
import { cleanup, type CleanupOptions, type CleanupReport } from "../operations/cleanup/cleanup.ts";
import type { CleanupRule } from "../operations/cleanup/rule.ts";
import { InvalidArgumentError } from "../session/errors.ts";
import type { CleanupOldOptions } from "./store-options.ts";
import { sessionsOfWorkspace } from "./workspace-sessions.ts";

/** Removes what a rule takes; see `SessionStore.cleanup`. */
export async function cleanupStore(
  engine: StorageEngine,
  rule: CleanupRule,
  options: CleanupOptions,
): Promise<CleanupReport> {
  return await cleanup(engine, rule, options, async (workspace) => {
    const sessions = await sessionsOfWorkspace(workspace, engine);
    return new Set(sessions.map(({ id }) => id));
  });
}

/** Astrid's rule: removes the sessions that are older than so many days, into the trash; returns how many. */
export async function cleanupOld(
  engine: StorageEngine,
  days: number,
  { by, onRemove, ...options }: CleanupOldOptions,
): Promise<number> {
  if (!(days >= 0))
    throw new InvalidArgumentError(`The age must be a number of days from 0 up, not ${String(days)}.`);
  const rule = { olderThanDays: days, by };
  const report = await cleanup(engine, rule, {
    ...options,
    onRemove: ({ session }) => onRemove?.(session),
  });
  return report.sessions.length;
}
