import type { StorageEngine } from "../engine/contract.ts";
import { cleanup } from "../operations/cleanup/cleanup.ts";
import { InvalidArgumentError } from "../session/errors.ts";
import type { CleanupOldOptions } from "./store-options.ts";

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
