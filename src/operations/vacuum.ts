import type { StorageEngine, TrashedSession } from "../engine/contract.ts";
import type { GivenUp, KeptFrom } from "../engine/give-up.ts";
import { CorruptSessionError, InvalidArgumentError, SessionNotFoundError } from "../session/errors/errors.ts";
import { LeaseHeldError } from "../session/errors/lease-errors.ts";
import { checkArray, checkObject, checkOptions, shown } from "../session/json/arguments.ts";
import { parseSessionId, type SessionId } from "../session/session-id.ts";
import type { SessionSummary } from "../session/summary/summary.ts";
import { protectionOf } from "./cleanup/protection.ts";
import { daysBefore } from "./cleanup/rule.ts";

/** What a vacuum gives up. What is not named stays. */
export interface VacuumOptions {
  /**
   * Earlier revisions: those from before so many days, or before a revision, which takes sessions that are named. The
   * current one always stays.
   */
  readonly history?: { readonly olderThanDays: number } | { readonly beforeRevision: number } | undefined;
  /** What has been in the trash for so many days; `true`: all of it. */
  readonly trash?: true | { readonly olderThanDays: number } | undefined;
  /** The sessions whose history it is about. Default: all. */
  readonly ids?: readonly string[] | undefined;
  /** Only say what would go. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Told of each session whose history went, or would. */
  readonly onSession?: ((session: VacuumedSession) => void) | undefined;
}

/** A session without a part of its history. */
export interface VacuumedSession extends Omit<GivenUp, "waitsForTrash" | "isBusy"> {
  readonly id: SessionId;
  readonly title: string | null;
}

/** A session whose history stays whole, and why. */
export interface SparedSession {
  readonly id: SessionId;
  readonly title: string | null;
  /** `trash`: earlier lives of its id are in the trash; these go first. `unreadable`: it is damaged. */
  readonly because: "held" | "pinned" | "trash" | "busy" | "unreadable";
}

/** What a vacuum gave up; with `dryRun`, what it would have. */
export interface VacuumReport {
  readonly sessions: readonly VacuumedSession[];
  readonly spared: readonly SparedSession[];
  /** What went from the trash. */
  readonly trash: readonly TrashedSession[];
  /** Bytes of the history that went; each life from the trash has its own. */
  readonly bytes: number;
}

/**
 * Gives up what is named, for good: the trash first, then history, session by session. It may be interrupted, and repeated.
 * @throws {InvalidArgumentError | SessionNotFoundError} before anything went.
 */
export async function vacuum(engine: StorageEngine, options: VacuumOptions): Promise<VacuumReport> {
  checkOptions(options, ["dryRun"]);
  const { history, dryRun = false, onSession, ids } = options;
  const now = Date.now();
  const from = history === undefined ? undefined : keptFrom(history, ids, now);
  const named = from === undefined ? [] : await summariesOf(engine, ids);
  const { trash, freed } = await emptied(engine, options, now);
  const sessions: VacuumedSession[] = [];
  const spared: SparedSession[] = [];
  for (const summary of named) {
    const done = await shorten(engine, summary, from as KeptFrom, dryRun, freed);
    if (done === undefined) continue;
    if ("because" in done) spared.push(done);
    else sessions.push(done);
    if (!("because" in done)) onSession?.(done);
  }
  return { sessions, spared, trash, bytes: sessions.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function keptFrom(
  history: NonNullable<VacuumOptions["history"]>,
  ids: VacuumOptions["ids"],
  now: number,
): KeptFrom {
  checkObject(history, "history");
  const { beforeRevision: revision, olderThanDays } = history as {
    readonly beforeRevision?: number;
    readonly olderThanDays?: number;
  };
  if (revision !== undefined) {
    if (olderThanDays !== undefined)
      throw new InvalidArgumentError(
        "history takes beforeRevision or olderThanDays, not both. Nothing was given up.",
      );
    if (!Number.isSafeInteger(revision) || revision < 1)
      throw new InvalidArgumentError(
        `beforeRevision must be a whole number from 1 up, not ${shown(revision)}. Nothing was given up.`,
      );
    if (ids === undefined)
      throw new InvalidArgumentError(
        "beforeRevision takes sessions: name them by ids. Nothing was given up.",
      );
    return { revision };
  }
  return { time: new Date(cutoff(olderThanDays, now)).toISOString() };
}

function cutoff(days: unknown, now: number): number {
  if (typeof days !== "number" || !Number.isFinite(days) || days < 0)
    throw new InvalidArgumentError(
      `olderThanDays must be a number from 0 up, not ${shown(days)}. Nothing was given up.`,
    );
  return daysBefore(now, days);
}

async function summariesOf(
  engine: StorageEngine,
  ids: VacuumOptions["ids"],
): Promise<readonly (SessionSummary | SparedSession)[]> {
  if (ids === undefined) {
    const { sessions, unreadable } = await engine.list({});
    const damaged = unreadable.flatMap(({ id }) => (id === undefined ? [] : [unreadableOne(id, null)]));
    return [...sessions, ...damaged];
  }
  checkArray(ids, "ids");
  const found: SessionSummary[] = [];
  for (const id of new Set(ids.map((one) => parseSessionId(one)))) {
    const summary = await engine.summary(id);
    if (summary === undefined) throw new SessionNotFoundError(id);
    found.push(summary);
  }
  return found;
}

function unreadableOne(id: SessionId, title: string | null): SparedSession {
  return { id, title, because: "unreadable" };
}

/** What goes from the trash, and the ids of which nothing stays in it. */
async function emptied(
  engine: StorageEngine,
  { trash, dryRun = false }: VacuumOptions,
  now: number,
): Promise<{ trash: TrashedSession[]; freed: ReadonlySet<SessionId> }> {
  if (trash === undefined) return { trash: [], freed: new Set() };
  if (trash !== true) checkObject(trash, "trash");
  const before = trash === true ? Infinity : cutoff(trash.olderThanDays, now);
  const isGoing = ({ removedAt }: TrashedSession): boolean => Date.parse(removedAt) < before;
  const all = await engine.trashed();
  const going = all.filter(isGoing);
  const staying = new Set(all.filter((life) => !isGoing(life)).map(({ id }) => id));
  if (!dryRun) await engine.emptyTrash(before === Infinity ? undefined : new Date(before).toISOString());
  return { trash: going, freed: new Set(going.map(({ id }) => id)).difference(staying) };
}

/** @returns `undefined` when there was nothing to give up, or the session is gone meanwhile. */
async function shorten(
  engine: StorageEngine,
  summary: SessionSummary | SparedSession,
  from: KeptFrom,
  dryRun: boolean,
  freed: ReadonlySet<SessionId>,
): Promise<VacuumedSession | SparedSession | undefined> {
  if ("because" in summary) return summary;
  const { id, title } = summary;
  const because = protectionOf(summary);
  if (because === "held" || because === "pinned") return { id, title, because };
  try {
    const given = await engine.giveUp(id, from, { dryRun, trashGoes: freed.has(id) });
    if (given?.waitsForTrash === true) return { id, title, because: "trash" };
    if (given?.isBusy === true) return { id, title, because: "busy" };
    if (given === undefined || given.revisions === 0) return undefined;
    const { begins, revisions, bytes } = given;
    return { id, title, begins, revisions, bytes };
  } catch (error) {
    if (error instanceof LeaseHeldError) return { id, title, because: "held" };
    if (error instanceof CorruptSessionError) return unreadableOne(id, title);
    throw error;
  }
}
