import type { ListQuery } from "../../engine/contract.ts";
import { filterOf } from "../../engine/list-query.ts";
import { checkObject, shown } from "../../session/json/arguments.ts";
import { InvalidArgumentError } from "../../session/errors/errors.ts";

/** Which sessions a cleanup is about: filters of a listing. */
export type CleanupFilter = Pick<
  ListQuery,
  "user" | "model" | "source" | "tag" | "since" | "until" | "titleMatches"
>;

/**
 * What goes: whatever is too old, and then, from the oldest on, what is too much. A session goes together with the
 * sessions of its sub-agents, and they are as old as it is; by activity, as the one of them that was changed last.
 */
export interface CleanupRule extends CleanupFilter {
  /** Sessions that are older than so many days. */
  readonly olderThanDays?: number | undefined;
  /** What is old: the time of creation, as Astrid has it, or the last commit. Default: `created`. */
  readonly by?: "created" | "activity" | undefined;
  /**
   * The newest so many of each workspace stay, whatever else the rule says; alone, all others go. Default: 0, and 1
   * where `maxBytes` is given.
   */
  readonly keep?: number | undefined;
  /** As many of the oldest that all others together take no more bytes in the store than this. */
  readonly maxBytes?: number | undefined;
  /** Only sessions of the workspace that this path is in. */
  readonly workspace?: string | undefined;
  /** What has been in the trash for more than so many days is removed for good, whoever removed it. Default: it stays. */
  readonly trashOlderThanDays?: number | undefined;
}

/** @throws {InvalidArgumentError} */
export function checkRule(rule: CleanupRule): void {
  checkObject(rule, "rule");
  const { olderThanDays, by, keep, maxBytes, trashOlderThanDays } = rule;
  const numbers = { olderThanDays, maxBytes, trashOlderThanDays };
  for (const [name, value] of Object.entries(numbers)) {
    // `null` would be taken for 0, and everything for old.
    if (value !== undefined && !(typeof value === "number" && value >= 0))
      throw new InvalidArgumentError(`${name} must be a number from 0 up, not ${shown(value)}.`);
  }
  if (keep !== undefined && !(Number.isSafeInteger(keep) && keep >= 0))
    throw new InvalidArgumentError(`keep must be a whole number from 0 up, not ${shown(keep)}.`);
  if (by !== undefined && by !== "created" && by !== "activity")
    throw new InvalidArgumentError(`by must be "created" or "activity", not ${shown(by)}.`);
  if (!takesSessions(rule) && trashOlderThanDays === undefined) {
    throw new InvalidArgumentError(
      "A cleanup needs to be told what goes: olderThanDays, maxBytes, keep (from 1 up) or trashOlderThanDays.",
    );
  }
  filterOf(filtersOf(rule));
}

/** So many days before a time, in milliseconds since 1970. */
export function daysBefore(now: number, days: number): number {
  return now - days * 24 * 60 * 60 * 1000;
}

/** Whether the rule says of sessions, and not of the trash alone, what goes. */
export function takesSessions({ olderThanDays, keep, maxBytes }: CleanupRule): boolean {
  return olderThanDays !== undefined || maxBytes !== undefined || (keep ?? 0) > 0;
}

export function filtersOf({
  user,
  model,
  source,
  tag,
  since,
  until,
  titleMatches,
}: CleanupRule): CleanupFilter {
  return { user, model, source, tag, since, until, titleMatches };
}

/** The part of a rule that is about sessions, in words, for the log. */
export function ruleText(rule: CleanupRule): string {
  const { olderThanDays, by = "created", keep, maxBytes, workspace } = rule;
  const parts: string[] = [];
  if (olderThanDays !== undefined)
    parts.push(
      by === "created" ? `created ${days(olderThanDays)} ago` : `unchanged for ${days(olderThanDays)}`,
    );
  if (maxBytes !== undefined) parts.push(`together more than ${maxBytes} bytes`);
  if (keep !== undefined) parts.push(`not among the newest ${keep} of a workspace`);
  if (workspace !== undefined) parts.push(`workspace ${workspace}`);
  for (const [name, value] of Object.entries(filtersOf(rule)))
    if (value !== undefined) parts.push(`${name} ${value}`);
  return parts.join(", ");
}

/** The part that is about the trash. */
export function trashRuleText(trashOlderThanDays: number): string {
  return `in the trash for ${days(trashOlderThanDays)}`;
}

function days(count: number): string {
  return `more than ${Number(count.toFixed(2))} day${count === 1 ? "" : "s"}`;
}
