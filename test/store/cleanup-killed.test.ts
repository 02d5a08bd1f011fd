import { appendFileSync, cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  AgentSession,
  FileEngine,
  Message,
  newSessionId,
  SessionStore,
  type CleanupRule,
} from "../../src/index.ts";
import { nextMillisecond } from "../../src/conformance/samples.ts";
import { exportSession } from "../../src/export.ts";
import { InterferedDisk } from "../crash/system/interfered-disk.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";

/** Everything that is older goes, and the trash of before. */
const RULE: CleanupRule = { olderThanDays: 5, trashOlderThanDays: 0 };
const OLD = "2020-01-01T00:00:00Z";

/** Titles, each of one life: those that are alive, and those that are in the trash already. */
const ALIVE = ["child", "parent", "second life", "single", "young"];
const GOING = ["child", "parent", "second life", "single"];
const IN_TRASH = ["first life", "someone's"];

/** A process that dies needs no flush: what it wrote is there for the next one. */
class Every extends Set<string> {
  override has(): boolean {
    return true;
  }
}

function engineOn(directory: string, before: (step: string) => void = () => undefined): FileEngine {
  const disk = new InterferedDisk({ leftOut: new Every(), syncsAgain: false, before });
  return new FileEngine(directory, { disk });
}

async function prepared(directory: string): Promise<void> {
  await using store = new SessionStore(directory);
  const save = async (title: string, session = new AgentSession()): Promise<AgentSession> => {
    session.metadata.title = title;
    session.addMessage(Message.user(`of ${title}`));
    await store.save(session);
    if (title !== "young") await store.commit(session.id, { base: 1, set: { createdAt: OLD } });
    return session;
  };
  const parent = await save("parent");
  await save("child", parent.child());
  await save("single");
  await save("young");
  const { id } = await save("first life");
  await store.delete(id, { trash: true });
  await save("second life", new AgentSession({ id }));
  await store.delete((await save("someone's")).id, { trash: true });
  await nextMillisecond();
}

/** A cleanup by a process that dies before its `at`th step; whether it got that far. */
async function killedAt(directory: string, at: number, trash: boolean): Promise<boolean> {
  let steps = 0;
  const before = (): void => {
    if (++steps > at) throw new Error("killed");
  };
  const engine = engineOn(directory, before);
  await new SessionStore(engine).cleanup(RULE, { trash }).catch(() => undefined);
  await engine.close().catch(() => undefined);
  return steps > at;
}

interface Seen {
  readonly alive: string[];
  readonly trash: string[];
  readonly log: string[];
}

async function seen(store: SessionStore): Promise<Seen> {
  return {
    alive: (await store.listWithMetadata()).map(({ title }) => title ?? "").sort(),
    trash: (await store.trashed()).map(({ title }) => title ?? "").sort(),
    log: (await store.removals()).map(({ to, title }) => `${to} ${title ?? ""}`).sort(),
  };
}

test.each([true, false])(
  "killed at any step, the log has what went and nothing else; run again, it is done (to the trash: %s)",
  async (trash) => {
    const origin = temporaryDirectory();
    await prepared(origin);
    const states = new Set<string>();
    for (let at = 0; ; at++) {
      const directory = temporaryDirectory();
      cpSync(origin, directory, { recursive: true });
      const isKilled = await killedAt(directory, at, trash);
      await using store = new SessionStore(engineOn(directory), { closeEngine: true });
      const then = await seen(store);
      states.add(JSON.stringify(then));
      const went = ALIVE.filter((title) => !then.alive.includes(title));
      const expired = IN_TRASH.filter((title) => !then.trash.includes(title));
      const gone = went.filter((title) => !then.trash.includes(title));
      expect(then.log, `step ${at}`).toEqual(
        [
          ...expired.map((title) => `gone ${title}`),
          ...went.map((title) => `${gone.includes(title) ? "gone" : "trash"} ${title}`),
        ].sort(),
      );
      // A parent does not go before its sub-agent.
      expect(went.includes("parent") && !went.includes("child"), `step ${at}`).toBe(false);

      await store.cleanup({ olderThanDays: 5, trashOlderThanDays: 0 }, { trash, dryRun: true });
      expect(await seen(store)).toEqual(then);
      await store.cleanup({ olderThanDays: 5 }, { trash });
      await store.cleanup({ trashOlderThanDays: 36_500 });
      const done = await seen(store);
      expect(done.alive).toEqual(["young"]);
      if (!trash) expect(done.trash.filter((title) => GOING.includes(title))).toEqual([]);
      const entries = GOING.map((title) => `${trash ? "trash" : "gone"} ${title}`);
      expect(done.log.filter((entry) => !IN_TRASH.some((title) => entry.endsWith(title)))).toEqual(entries);
      if (!isKilled) break;
    }
    // There was something to see: every session by itself, and the trash.
    expect(states.size).toBeGreaterThan(5);
  },
);

test("a session that comes back, or is removed from the trash, stays in the log as it went", async () => {
  const directory = temporaryDirectory();
  await prepared(directory);
  await using store = new SessionStore(directory);
  await store.cleanup({ olderThanDays: 5 });
  const log = await store.removals();
  expect(log).toHaveLength(GOING.length);
  const parent = log.find(({ title }) => title === "parent");
  await store.restore(parent?.id ?? "");
  expect(await store.removals()).toEqual(log);
  await store.emptyTrash();
  expect(await store.removals()).toEqual(log);
  const file = join(directory, "removals.jsonl");
  if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
  await store.cleanup({ olderThanDays: 5 });
  expect(await store.removals()).toHaveLength(log.length + 2);

  // A line that a crash cut short swallows nothing.
  const text = readFileSync(file, "utf8");
  appendFileSync(file, text.trimEnd().split("\n").at(-1)?.slice(0, 30) ?? "");
  await store.emptyTrash();
  expect(await store.removals()).toHaveLength(log.length + 2);
});

test("of a purge that was announced and not carried out, the log says nothing, also when the session came back", async () => {
  const directory = temporaryDirectory();
  await prepared(directory);
  await using store = new SessionStore(directory);
  const [trashed] = (await store.trashed()).filter(({ title }) => title === "someone's");
  const id = trashed?.id ?? newSessionId();
  let isStopped = false;
  const before = (step: string): void => {
    isStopped ||= step === "remove.journal";
    if (isStopped) throw new Error("killed");
  };
  const engine = engineOn(directory, before);
  await expect(new SessionStore(engine).cleanup({ trashOlderThanDays: 0 })).rejects.toThrow("killed");
  await engine.close().catch(() => undefined);
  expect(readFileSync(join(directory, "removals.jsonl"), "utf8")).toContain("someone's");
  expect((await store.removals()).filter(({ title }) => title === "someone's")).toEqual([]);
  expect(await store.restore(id)).toBe(true);
  expect((await store.removals()).filter(({ title }) => title === "someone's")).toEqual([]);
  await store.delete(id, { trash: true });
  await nextMillisecond();
  await store.cleanup({ trashOlderThanDays: 0 });
  expect((await store.removals()).filter(({ title }) => title === "someone's")).toMatchObject([
    { id, to: "gone" },
  ]);
});

test("what cannot be read is never cleaned up, and a session that is not there makes no log", async () => {
  const directory = temporaryDirectory();
  await using store = new SessionStore(join(directory, "none"));
  expect(await store.cleanup({ olderThanDays: 0 })).toMatchObject({ sessions: [], trash: [] });
  expect(await store.removals()).toEqual([]);
  expect(existsSync(join(directory, "none"))).toBe(false);

  await prepared(directory);
  await using other = new SessionStore(directory);
  const [single] = (await other.listWithMetadata()).filter(({ title }) => title === "single");
  for (const name of [`${single?.id ?? ""}.json`, `${single?.id ?? ""}.journal.jsonl`])
    if (existsSync(join(directory, name))) writeFileSync(join(directory, name), "no session");
  const { sessions } = await other.cleanup({ olderThanDays: 5 });
  expect(sessions.map(({ session }) => session.title).sort()).toEqual(["child", "parent", "second life"]);
  expect(readFileSync(join(directory, `${single?.id ?? ""}.journal.jsonl`), "utf8")).toBe("no session");
});

test("a document that Astrid wrote, and nobody has opened here, goes at once", async () => {
  const directory = temporaryDirectory();
  await using origin = await SessionStore.open("memory:");
  const session = new AgentSession({ messages: [Message.user("x")] });
  await origin.save(session);
  await origin.commit(session.id, { base: 1, set: { createdAt: OLD } });
  let document = "";
  for await (const piece of exportSession(origin, session.id, "json")) document += piece;
  writeFileSync(join(directory, `${session.id}.json`), document);
  await using store = new SessionStore(directory);
  expect(await store.cleanupOld(5)).toBe(1);
  expect(await store.removals()).toMatchObject([{ id: session.id, to: "trash" }]);
});
