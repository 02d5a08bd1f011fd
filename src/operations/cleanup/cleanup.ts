import type { RemovalNote, StorageEngine, TrashedSession } from "../../engine/contract.ts";
import { ConflictError, CorruptSessionError, NotSupportedError } from "../../session/errors/errors.ts";
import { checkOptions } from "../../session/json/arguments.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import { WorkspaceGroups } from "../workspace-groups.ts";
import { sessionsOfWorkspace } from "../workspace-sessions.ts";
import { planOf, type Cleaned, type Going, type Kept, type Places } from "./plan.ts";
import { protectionOf } from "./protection.ts";
import { checkRule, daysBefore, ruleText, trashRuleText, type CleanupRule } from "./rule.ts";

const FIRST = new Date(0).toISOString();

export interface CleanupOptions {
  /** Only say what would go. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Into the trash, where `restore` finds them; `false` removes them for good. Default: true. */
  readonly trash?: boolean | undefined;
  /** Told each session as it goes, or would. */
  readonly onRemove?: ((cleaned: Cleaned) => void) | undefined;
}

/** What a cleanup removed; with `dryRun`, what it would have. */
export interface CleanupReport {
  /** Names this cleanup in the log. */
  readonly run: string;
  /** What went, in the order in which it went. */
  readonly sessions: readonly Cleaned[];
  /** What the rule would have had go, and why it stayed. */
  readonly kept: readonly Kept[];
  /** What someone changed, or removed, after the cleanup had looked at it: it stayed, or went by their hand. */
  readonly changed: readonly SessionSummary[];
  /** What was removed for good from the trash. */
  readonly trash: readonly TrashedSession[];
}

/**
 * Removes what a rule takes. The rule is applied to the sessions as they are when it begins; one that changes before its
 * turn comes stays. May be interrupted, and repeated.
 * @throws {InvalidArgumentError} when the rule makes no sense; nothing was removed.
 */
export async function cleanup(
  engine: StorageEngine,
  rule: CleanupRule,
  options: CleanupOptions = {},
): Promise<CleanupReport> {
  checkRule(rule);
  // What is no `true` or `false` would be taken for one, and remove.
  checkOptions(options, ["dryRun", "trash"]);
  const { dryRun = false, trash = true, onRemove } = options;
  if (!engine.capabilities.trash && (trash || rule.trashOlderThanDays !== undefined))
    throw new NotSupportedError("a trash", engine.name);
  const now = Date.now();
  const run = crypto.randomUUID();
  const expired = await expiredOf(engine, rule, now);
  const { sessions } = await engine.list({});
  const { going, kept } = planOf(sessions, rule, now, await placesOf(engine, sessions, rule));
  if (dryRun) {
    const all = going.flat();
    for (const one of all) onRemove?.(one);
    return { run, sessions: all, kept, changed: [], trash: expired };
  }
  // What goes by this call to the trash is not what has been there for long.
  await expire(engine, rule, now, run);
  const gone: Cleaned[] = [];
  const changed: SessionSummary[] = [];
  for (const family of going) {
    const left = await removeFamily(engine, family, trash, { run, rule: ruleText(rule) });
    if (left !== undefined) changed.push(left);
    else for (const one of family) onRemove?.(one);
    if (left === undefined) gone.push(...family);
  }
  // What an earlier cleanup was to remove for good, and a crash left in the trash.
  if (!trash) await engine.emptyTrash(FIRST);
  return { run, sessions: gone, kept, changed, trash: expired };
}

/** What the plan has to know of workspaces; nothing is looked up that the rule does not ask for. */
async function placesOf(
  engine: StorageEngine,
  sessions: readonly SessionSummary[],
  { keep, maxBytes, workspace }: CleanupRule,
): Promise<Places> {
  const among = workspace === undefined ? undefined : await sessionsOfWorkspace(workspace, engine);
  const groups = keep || maxBytes !== undefined ? await WorkspaceGroups.of(sessions) : undefined;
  return {
    among: among && new Set(among.map(({ id }) => id)),
    workspaceOf: (summary) => groups?.of(summary),
  };
}

async function expiredOf(
  engine: StorageEngine,
  { trashOlderThanDays }: CleanupRule,
  now: number,
): Promise<TrashedSession[]> {
  if (trashOlderThanDays === undefined) return [];
  const cutoff = daysBefore(now, trashOlderThanDays);
  return (await engine.trashed()).filter(({ removedAt }) => Date.parse(removedAt) < cutoff);
}

async function expire(
  engine: StorageEngine,
  { trashOlderThanDays }: CleanupRule,
  now: number,
  run: string,
): Promise<void> {
  if (trashOlderThanDays === undefined) return;
  const rule = trashRuleText(trashOlderThanDays);
  const before = new Date(daysBefore(now, trashOlderThanDays)).toISOString();
  await engine.emptyTrash(before, { run, rule, reason: `it went to the trash before ${before}` });
}

/**
 * Removes a family whole, or not at all: when one of its sessions has changed meanwhile, those before it come back.
 * @returns the session that has changed, or is gone; `undefined` when all went.
 */
async function removeFamily(
  engine: StorageEngine,
  family: Going,
  trash: boolean,
  note: Omit<RemovalNote, "reason">,
): Promise<SessionSummary | undefined> {
  for (const { session } of family) if (!(await isAsKnown(engine, session))) return session;
  const gone: SessionId[] = [];
  for (const { session, reason } of family) {
    if (await removeOne(engine, session, trash, { ...note, reason })) {
      gone.push(session.id);
      continue;
    }
    if (trash) for (const id of gone.reverse()) await engine.restore(id);
    return session;
  }
  return undefined;
}

/** Whether a session is still as the plan saw it, and nobody holds it. Looked at before the first of a family goes. */
async function isAsKnown(engine: StorageEngine, known: SessionSummary): Promise<boolean> {
  const summary = await engine.summary(known.id).catch(() => undefined);
  if (summary === undefined || protectionOf(summary) !== undefined) return false;
  return summary.revision === known.revision && summary.updatedAt === known.updatedAt;
}

async function removeOne(
  engine: StorageEngine,
  session: SessionSummary,
  trash: boolean,
  note: RemovalNote,
): Promise<boolean> {
  const { id, revision, updatedAt } = session;
  try {
    return await engine.remove(id, { trash, note, ifUnchanged: { revision, updatedAt } });
  } catch (error) {
    if (error instanceof ConflictError || error instanceof CorruptSessionError) return false;
    throw error;
  }
}
