import type { StorageEngine } from "../engine/contract.ts";
import { cleanup } from "../operations/cleanup/cleanup.ts";
import { shown } from "../session/json/arguments.ts";
import { InvalidArgumentError } from "../session/errors/errors.ts";
import type { CleanupOldOptions } from "./store-options.ts";

/** Astrid's rule: removes the sessions that are older than so many days, into the trash; returns how many. */
export async function cleanupOld(
  engine: StorageEngine,
  days: number,
  { by, onRemove, ...options }: CleanupOldOptions,
): Promise<number> {
  // What is no number would be taken for one: `null` for 0, and everything for old.
  if (typeof days !== "number" || !(days >= 0))
    throw new InvalidArgumentError(`The age must be a number of days from 0 up, not ${shown(days)}.`);
  const rule = { olderThanDays: days, by };
  const report = await cleanup(engine, rule, {
    ...options,
    onRemove: ({ session }) => onRemove?.(session),
  });
  return report.sessions.length;
}
