import { expect } from "vitest";
import { MemoryEngine } from "../../../src/engine/memory/memory-engine.ts";
import { jsonEquals } from "../../../src/session/json/json.ts";
import type { SessionId } from "../../../src/session/session-id.ts";
import { copyStore } from "../../../src/store/copy-store.ts";
import { SessionStore } from "../../../src/store/session-store.ts";
import { cleanedBy, takesSessions } from "./cleanup-model.ts";
import { checkHistory, checkList, checkSession } from "./look.ts";
import { refused } from "./refused.ts";
import type { Step } from "./steps.ts";
import { relinked } from "./workspace-model.ts";
import type { World } from "./world.ts";

type Of<Do extends Step["do"]> = Extract<Step, { do: Do }>;

/** Copied into an empty store, all is there, and copied again nothing is new. */
export async function copied(store: SessionStore, world: World): Promise<void> {
  const copy = new MemoryEngine();
  const report = await copyStore(store.engine, copy);
  expect(report.failed).toEqual([]);
  const there = new SessionStore(copy);
  for (const id of world.ids) {
    const { held } = world;
    const lease = held.get(id);
    held.delete(id);
    const life = world.lives.get(id);
    // What begins later begins with another number there.
    if (life !== undefined && life.begins > 1)
      expect(jsonEquals((await there.load(id))?.messages, life.now.messages)).toBe(true);
    else {
      await checkSession(there, world, id);
      await checkHistory(there, world, id);
    }
    if (lease !== undefined) held.set(id, lease);
  }
  expect(await copyStore(store.engine, copy)).toMatchObject({ copied: 0, failed: [] });
  await copy.close();
}

export async function relinkedHere(
  store: SessionStore,
  world: World,
  { from, to }: Of<"relink">,
): Promise<void> {
  const wanted = relinked(world.lives, from, to);
  const dry = await store.relink(from, to, { dryRun: true });
  expect(dry.map(({ id, to: path }) => `${id} ${path}`).sort()).toEqual(
    [...wanted].map(([id, path]) => `${id} ${path}`).sort(),
  );
  expect(await store.relink(from, to)).toEqual(dry);
  for (const [id, workspacePath] of wanted) {
    const life = world.lives.get(id as SessionId);
    life?.become({ workspacePath, workspaceId: null });
    // Its time stays as it was.
    if (life !== undefined) life.isTouched = false;
  }
}

/** A session gives up its history before a revision; the dry run says so. One that is pinned or held is passed by. */
export async function vacuumed(store: SessionStore, world: World, id: SessionId, at: number): Promise<void> {
  const life = world.lives.get(id);
  const rule = { history: { beforeRevision: Math.max(at, 1) }, ids: [id] };
  if (life === undefined) {
    await refused(store.vacuum(rule), "SESSION_NOT_FOUND");
    return;
  }
  const begins = Math.min(Math.max(at, life.begins), life.revision);
  // Files keep the lives of an id in one journal.
  const waits = store.engine.name === "file" && world.isInTrash(id);
  const because = world.held.has(id)
    ? "held"
    : life.now.pinned
      ? "pinned"
      : waits && begins > life.begins
        ? "trash"
        : undefined;
  const goes = because === undefined && begins > life.begins;
  const dry = await store.vacuum({ ...rule, dryRun: true });
  const report = await store.vacuum(rule);
  for (const { sessions, spared } of [dry, report]) {
    expect(spared.map((one) => [one.id, one.because])).toEqual(because === undefined ? [] : [[id, because]]);
    expect(sessions.map(({ begins: first, revisions }) => [first, revisions])).toEqual(
      goes ? [[begins, begins - life.begins]] : [],
    );
  }
  if (goes) life.begins = begins;
}

/** The dry run says what the real one does, and the log tells it. */
export async function cleanedUp(store: SessionStore, world: World, step: Of<"clean up">): Promise<void> {
  const { days, by, keep, maxBytes, tag, workspace, expire, trash } = step;
  const rule = {
    ...{ olderThanDays: days, by, keep, maxBytes, tag, workspace },
    trashOlderThanDays: expire ? 0 : undefined,
  };
  if (!takesSessions(step) && !expire) {
    await refused(store.cleanup(rule), "INVALID_ARGUMENT");
    return;
  }
  const held = new Set(world.held.keys());
  const { going, kept } = takesSessions(step)
    ? cleanedBy(step, world.lives, held, Date.now())
    : { going: new Set<string>(), kept: new Map<string, string>() };
  // What went to the trash in this very millisecond has not been there for long.
  for (const now = Date.now(); Date.now() === now;) await new Promise(setImmediate);
  const dry = await store.cleanup(rule, { dryRun: true, trash });
  expect(new Set(dry.sessions.map(({ session }) => session.id))).toEqual(going);
  expect(new Map(dry.kept.map(({ session, because }) => [session.id, because]))).toEqual(kept);
  await checkList(store, world);
  const report = await store.cleanup(rule, { trash });
  const gone = report.sessions.map(({ session }) => session.id);
  expect(gone).toEqual(dry.sessions.map(({ session }) => session.id));
  expect(report.changed).toEqual([]);
  expect(report.trash).toHaveLength(expire ? world.trash.length : 0);
  if (expire) {
    for (const { id, life } of world.trash) world.note(id, life, "gone", report.run);
    world.trash = [];
  }
  for (const id of gone) {
    const life = world.lives.get(id);
    if (life === undefined) throw new Error(`${id} went twice`);
    world.note(id, life, trash ? "trash" : "gone", report.run);
    world.lives.delete(id);
    if (trash) world.trash.push({ id, life });
  }
}
