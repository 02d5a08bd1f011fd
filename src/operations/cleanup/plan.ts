import { filterOf } from "../../engine/list-query.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import { familiesOf, type Family } from "./families.ts";
import { protectionOf, type Protection } from "./protection.ts";
import { daysBefore, filtersOf, takesSessions, type CleanupRule } from "./rule.ts";

/** A session that goes, and why. */
export interface Cleaned {
  readonly session: SessionSummary;
  /** `age`: it is too old. `count`: newer ones of its workspace are kept. `size`: all together take too much. */
  readonly because: "age" | "count" | "size";
  /** The same in words. */
  readonly reason: string;
}

/** A session that would go, and stays. */
export interface Kept {
  readonly session: SessionSummary;
  readonly because: Protection;
}

/** A family that goes, in the order in which its sessions go. */
export type Going = readonly Cleaned[];

export interface Plan {
  readonly going: readonly Going[];
  readonly kept: readonly Kept[];
}

/** What tells workspaces apart. */
export interface Places {
  /** Those of the workspace that the rule is about; `undefined`: all. */
  readonly among: ReadonlySet<SessionId> | undefined;
  /** The same value for all sessions of one workspace. */
  readonly workspaceOf: (summary: SessionSummary) => string | undefined;
}

/** What a rule comes to: the same sessions, rule and time give the same plan. */
export function planOf(
  summaries: readonly SessionSummary[],
  rule: CleanupRule,
  now: number,
  { among, workspaceOf }: Places,
): Plan {
  if (!takesSessions(rule)) return { going: [], kept: [] };
  const matches = filterOf(filtersOf(rule));
  const families = familiesOf(summaries, rule.by).filter(
    ({ root }) => (among === undefined || among.has(root.id)) && matches(root),
  );
  const newest = newestOf(families, rule, workspaceOf);
  const protection = protections(families, newest);
  const because = takenBy(families, rule, now, { protection, newest });
  const going: Going[] = [];
  const kept: Kept[] = [];
  for (const family of families.toReversed()) {
    const why = because.get(family);
    if (why === undefined) continue;
    const stays = protection.get(family);
    if (stays !== undefined) kept.push({ session: family.root, because: stays });
    else going.push(cleaned(family, why, rule));
  }
  return { going, kept };
}

/** The newest of each workspace, as many as the rule keeps. */
function newestOf(
  families: readonly Family[],
  { maxBytes, keep = maxBytes === undefined ? 0 : 1 }: CleanupRule,
  workspaceOf: Places["workspaceOf"],
): ReadonlySet<Family> {
  const counts = new Map<string | undefined, number>();
  return new Set(
    families.filter(({ root }) => {
      const workspace = workspaceOf(root);
      const count = (counts.get(workspace) ?? 0) + 1;
      counts.set(workspace, count);
      return count <= keep;
    }),
  );
}

function protections(
  families: readonly Family[],
  newest: ReadonlySet<Family>,
): ReadonlyMap<Family, Protection> {
  const found = new Map<Family, Protection>();
  for (const family of families) {
    const own = family.members.map(protectionOf).find((one) => one !== undefined);
    const protection = own ?? (newest.has(family) ? "newest" : undefined);
    if (protection !== undefined) found.set(family, protection);
  }
  return found;
}

/** What the rule takes, were nothing protected; by size, only as much as has to go because of what is protected. */
function takenBy(
  families: readonly Family[],
  { olderThanDays, maxBytes, keep }: CleanupRule,
  now: number,
  { protection, newest }: { protection: ReadonlyMap<Family, Protection>; newest: ReadonlySet<Family> },
): Map<Family, Cleaned["because"]> {
  const taken = new Map<Family, Cleaned["because"]>();
  const onlyCount = olderThanDays === undefined && maxBytes === undefined && keep !== undefined;
  let bytes = 0;
  for (const family of families) {
    if (olderThanDays !== undefined && family.time < daysBefore(now, olderThanDays)) taken.set(family, "age");
    // One that is among the newest is not taken, whatever else protects it.
    if (onlyCount && !newest.has(family)) taken.set(family, "count");
    if (!taken.has(family) || protection.has(family)) bytes += family.bytes;
  }
  for (const family of families.toReversed()) {
    if (maxBytes === undefined || bytes <= maxBytes) break;
    if (taken.has(family)) continue;
    taken.set(family, "size");
    if (!protection.has(family)) bytes -= family.bytes;
  }
  return taken;
}

function cleaned(family: Family, because: Cleaned["because"], rule: CleanupRule): Going {
  const { root, members } = family;
  const time = new Date(family.time).toISOString();
  const touched = rule.by === "activity" ? `last changed ${time}` : `created ${time}`;
  const reason = {
    age: touched,
    count: `${touched}, and ${String(rule.keep)} of its workspace are newer`,
    size: `${touched}, the oldest of what takes more than ${String(rule.maxBytes)} bytes`,
  }[because];
  return members.map((session) => ({
    session,
    because,
    reason: session === root ? reason : `a sub-agent of ${root.id}: ${reason}`,
  }));
}
