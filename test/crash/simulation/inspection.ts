import {
  CorruptSessionError,
  SessionStore,
  type EngineReport,
  type SessionId,
  type SessionSummary,
} from "../../../src/index.ts";
import { FileEngine } from "../../../src/engine/file/file-engine.ts";
import { loadedWhole, Violation, type History } from "./history.ts";
import { numbered } from "./message-text.ts";
import type { Random } from "./random.ts";
import { shown, type Content } from "./session-model.ts";
import type { SimDisk } from "./sim-disk.ts";
import { SimProcess } from "./sim-process.ts";
import { NO_TROUBLES, World } from "./world.ts";

export const STORE = "/home/sessions";

/** What may be reported after a crash: nothing that tells of damage or of someone else. */
const HARMLESS: ReadonlySet<EngineReport["kind"]> = new Set(["torn-tail", "journal-replaced"]);

/**
 * Looks at every session of a disk that survived a crash, through the public API, and holds it against what clients
 * were told. What is found is what is, from then on.
 * @throws {Violation}
 */
export async function inspect(disk: SimDisk, history: History, random: Random): Promise<void> {
  const { store, world, reports } = open(disk);
  const { sessions, unreadable } = await orViolation("the listing", () => store.listPage());
  if (unreadable.length > 0)
    throw new Violation(`hidden: the listing cannot read ${unreadable[0]?.where ?? ""}`);
  const removed = await orViolation("the trash", () => store.trashed());
  for (const id of history.ids) {
    const model = history.model(id);
    model.weaken();
    const { live } = await orViolation(`load of ${id}`, () => loadedWhole(store, id));
    const trash = removed.filter((one) => one.id === id).reverse();
    const restored = live === undefined && trash.length > 0 ? await restoreCopy(disk, id) : undefined;
    const found = model.explain({ live, trash, restored });
    if (found === undefined) {
      const tried = model.attempts.map(
        ({ note, outcome, revision }) => `${note}: ${outcome} ${revision ?? ""}`,
      );
      throw new Violation(
        `${id} is ${shown({ live, trash, restored })}; it was ${shown(model.base)}, then ${tried.join(", ") || "nothing happened"}`,
      );
    }
    if (live !== undefined) {
      const { state } = await orViolation(`verify of ${id}`, () => store.verify(id));
      if (state === "damaged") throw new Violation(`verify calls ${id} damaged`);
    }
    checkListing(sessions, id, live);
    model.settle(found.state);
  }
  assertHarmless(reports);
  if (world.changes > 0) throw new Violation("reading has changed the disk");
  await store.close();
  if (random.chance(0.15)) await recoverTwice(disk, history);
}

/** What comes back when the session is restored; on a copy, so that it stays where it is. */
async function restoreCopy(disk: SimDisk, id: SessionId): Promise<Content | undefined> {
  const { store, reports } = open(disk.copy());
  const { live } = await orViolation(`restore of ${id}`, async () => {
    if (!(await store.restore(id))) throw new Violation("what is in the trash cannot be restored");
    return await loadedWhole(store, id);
  });
  await store.close();
  assertHarmless(reports);
  return live;
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
    const { store, reports } = open(copy);
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
    assertHarmless(reports);
  }
}

function open(disk: SimDisk): { store: SessionStore; world: World; reports: EngineReport[] } {
  const world = new World(disk, DUMMY, NO_TROUBLES);
  const store = new SessionStore(new FileEngine(STORE, { disk: new SimProcess(world, "inspector") }), {
    closeEngine: true,
  });
  const reports: EngineReport[] = [];
  store.on("report", (report) => reports.push(report));
  return { store, world, reports };
}

const DUMMY = { next: () => 1, below: () => 0, chance: () => false } as unknown as Random;

function assertHarmless(reports: readonly EngineReport[]): void {
  const bad = reports.find(({ kind }) => !HARMLESS.has(kind));
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
