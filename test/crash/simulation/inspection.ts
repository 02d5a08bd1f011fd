import {
  CorruptSessionError,
  type EngineReport,
  type SessionId,
  type SessionSummary,
} from "../../../src/index.ts";
import { allOf, loadedWhole, Violation, type History } from "./history.ts";
import { numbered } from "./message-text.ts";
import type { Random } from "./random.ts";
import { shown, type Content } from "./session-model.ts";
import { assertRedactable } from "./rewrites.ts";
import { openAlone } from "./open-alone.ts";
import type { SimDisk } from "./sim-disk.ts";

/** What may be reported after a crash: nothing that tells of damage or of someone else. */
const HARMLESS: ReadonlySet<EngineReport["kind"]> = new Set(["torn-tail", "journal-replaced"]);

/**
 * Looks at every session of a disk that survived a crash, through the public API, and holds it against what clients
 * were told. What is found is what is, from then on.
 * @param keepsTime whether the times of commits are looked at, too.
 * @returns how many sessions may be as they are by more histories than could be looked at.
 * @throws {Violation}
 */
export async function inspect(
  disk: SimDisk,
  history: History,
  random: Random,
  keepsTime = false,
): Promise<number> {
  const { store, world, reports } = openAlone(disk);
  const { sessions, unreadable } = await orViolation("the listing", () => store.list({}));
  if (unreadable.length > 0)
    throw new Violation(`hidden: the listing cannot read ${unreadable[0]?.where ?? ""}`);
  const held = sessions.find((one) => one.held !== null);
  if (held !== undefined) throw new Violation(`${held.id} is held, and everyone is dead`);
  history.leases.forget();
  const removed = await orViolation("the trash", () => store.trashed());
  const log = await orViolation("the log of removals", () => store.removals());
  let undecided = 0;
  for (const id of history.ids) {
    const model = history.model(id);
    model.weaken();
    if (model.attempts.some(({ cutShort }) => cutShort !== undefined)) history.removing.add(id);
    const { live } = await orViolation(`load of ${id}`, () => loadedWhole(store, id));
    const entries = removed.filter((one) => one.id === id).reverse();
    const trash =
      entries.length === 0 ? [] : await restoreCopies(disk, id, live !== undefined, history.removing);
    const found = model.explain({ live, trash });
    if (found === undefined) {
      const tried = model.attempts.map(
        ({ note, outcome, revision }) => `${note}: ${outcome} ${revision ?? ""}`,
      );
      throw new Violation(
        `${id} is ${shown({ live, trash })}; it was ${shown(model.base)}, then ${tried.join(", ") || "nothing happened"}`,
      );
    }
    if (found.isUndecided) undecided++;
    const lists = trash.map(({ title, messages }) => `${messages.length} ${title ?? ""}`);
    if (lists.join() !== entries.map(({ title, messageCount }) => `${messageCount} ${title ?? ""}`).join())
      throw new Violation(`the trash shows ${id} otherwise than a restore`);
    if (live !== undefined) {
      const { state } = await orViolation(`verify of ${id}`, () => store.verify(id));
      if (state === "damaged") throw new Violation(`verify calls ${id} damaged`);
      if (keepsTime) await assertTimeGoesOn(disk, id);
    }
    checkListing(sessions, id, live);
    model.settle(found.state);
  }
  const wrong = history.removals.check(log);
  if (wrong !== undefined) throw new Violation(wrong);
  assertHarmless(reports, history.removing);
  if (world.changes > 0) throw new Violation(`reading has changed the disk: ${world.steps.join(", ")}`);
  await store.close();
  await assertRedactable(disk, history);
  if (random.chance(0.15)) await recoverTwice(disk, history);
  return undecided;
}

/** Every life that is in the trash, latest last, as it comes back; on a copy, so that all stay where they are. */
async function restoreCopies(
  disk: SimDisk,
  id: SessionId,
  isInUse: boolean,
  removing: ReadonlySet<SessionId>,
): Promise<Content[]> {
  const { store, reports } = openAlone(disk.copy());
  const lives: Content[] = [];
  await orViolation(`restore of ${id}`, async () => {
    if (isInUse) await store.delete(id);
    while (await store.restore(id)) {
      const { live } = await loadedWhole(store, id);
      if (live === undefined) throw new Violation("what is in the trash cannot be restored");
      lives.unshift(live);
      await store.delete(id);
      if (lives.length > MOST_LIVES) throw new Violation(`what was removed for good is in the trash again`);
    }
  });
  await store.close();
  assertHarmless(reports, removing);
  return lives;
}

const MOST_LIVES = 50;

/** Whatever clocks did, the commits of a session have times that do not go back. */
async function assertTimeGoesOn(disk: SimDisk, id: SessionId): Promise<void> {
  // Whoever reads commits makes them durable; here nothing is to be changed.
  const { store } = openAlone(disk.copy());
  const commits = await orViolation(`the history of ${id}`, () => allOf(store.engine.commits(id, 0)));
  await store.close();
  for (const [index, { at, revision }] of commits.entries()) {
    const before = commits[index - 1]?.at ?? "";
    if (at < before)
      throw new Violation(`revision ${revision} of ${id} is of ${at}, the one before of ${before}`);
  }
}

function checkListing(sessions: readonly SessionSummary[], id: SessionId, live: Content | undefined): void {
  const listed = sessions.find((one) => one.id === id);
  const same =
    listed?.revision === live?.revision &&
    listed?.messageCount === live?.messages.length &&
    (listed?.title ?? null) === (live?.title ?? null);
  if (!same) throw new Violation(`the listing has ${id} otherwise than a load`);
}

/** Writes to a copy of each session, opens the copy again, and again: nothing else has changed. */
async function recoverTwice(disk: SimDisk, history: History): Promise<void> {
  const copy = disk.copy();
  for (const again of [1, 2]) {
    const { store, reports } = openAlone(copy);
    for (const id of history.ids) {
      const { live } = history.model(id).base;
      if (live === undefined) continue;
      const number = history.newMessage();
      await orViolation(`append to ${id}`, () => store.append(id, [numbered(number)]));
      await orViolation(`checkpoint of ${id}`, () => store.checkpoint(id));
      const now = (await orViolation(`load of ${id}`, () => loadedWhole(store, id))).live;
      const added = now?.messages.slice(live.messages.length).length;
      const kept = live.messages.every((text, at) => now?.messages[at] === text);
      const side = now?.side?.join() === live.side?.join();
      if (!kept || !side || added !== again)
        throw new Violation(`recovered, ${id} is ${shown({ live: now })}`);
    }
    await store.close();
    assertHarmless(reports, history.removing);
  }
}

/** @param removing see `History.removing`. */
function assertHarmless(reports: readonly EngineReport[], removing: ReadonlySet<SessionId>): void {
  const bad = reports.find(
    ({ kind, sessionId }) => !HARMLESS.has(kind) && !(kind === "foreign-delete" && removing.has(sessionId)),
  );
  if (bad !== undefined) throw new Violation(`damage: ${bad.kind} of ${bad.sessionId}: ${bad.message}`);
}

async function orViolation<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const what = error instanceof CorruptSessionError ? `hidden: ${error.message}` : (error as Error).stack;
    throw new Violation(`${doing}: ${what ?? ""}`, { cause: error });
  }
}
