import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EngineEvents } from "../../src/engine/engine-events.ts";
import { FileEngine, Message, SessionStore, type EngineReport, type SessionId } from "../../src/index.ts";
import { journalPath, storedSession, temporaryDirectory } from "../file/temporary-store.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A store whose only session has a torn end, so that the next append reports one. */
async function tornStore(): Promise<{ directory: string; id: SessionId }> {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 3);
  appendFileSync(journalPath(directory, id), '{"torn');
  return { directory, id };
}

test("every store on an engine hears a report, before the call that was the occasion settles", async () => {
  const { directory, id } = await tornStore();
  const engine = new FileEngine(directory);
  const heard: string[] = [];
  const logged: string[] = [];
  const logger = { info: () => undefined, warn: (line: string) => logged.push(line) };
  const stores = ["one", "other"].map((name) => {
    const store = new SessionStore(engine, { logger });
    store.on("report", ({ kind }) => heard.push(`${name} ${kind}`));
    return store;
  });
  await stores[0]?.append(id, [Message.user("next")]);
  expect(heard).toEqual(["one torn-tail", "other torn-tail"]);
  expect(logged).toHaveLength(2);
  for (const store of stores) await store.close();
  await engine.close();
});

test("a store that is closed hears nothing more", async () => {
  const { directory, id } = await tornStore();
  const engine = new FileEngine(directory);
  const store = new SessionStore(engine);
  const heard: EngineReport[] = [];
  store.on("report", (report) => heard.push(report));
  await store.close();
  await engine.commit(id, { splice: ["end", 0, [Message.user("next")]] });
  expect(heard).toEqual([]);
  await engine.close();
});

test("what a listener throws is an uncaught exception, fails no call and leaves no lock", async () => {
  const { directory, id } = await tornStore();
  const script = `
    import { Message, SessionStore } from ${JSON.stringify(join(ROOT, "src/index.ts"))};
    const uncaught = [];
    process.on("uncaughtException", ({ message }) => uncaught.push(message));
    const throws = (name) => () => { throw new Error(name); };
    const store = new SessionStore(process.argv[1], { logger: { info() {}, warn: throws("logger") } });
    const heard = [];
    store.on("report", ({ kind }) => heard.push(kind));
    store.on("report", throws("listener"));
    const { revision } = await store.append(process.argv[2], [Message.user("stored")]);
    const again = await store.append(process.argv[2], [Message.user("stored too")]);
    await store.close();
    console.log(JSON.stringify({ revisions: [revision, again.revision], heard, uncaught }));`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script, directory, id], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(child.stderr).toBe("");
  expect(JSON.parse(child.stdout)).toEqual({
    revisions: [4, 5],
    heard: ["torn-tail"],
    uncaught: ["logger", "listener"],
  });
});

test("a listener is told outside of what the engine does, and not after it ended listening", async () => {
  const events = new EngineEvents();
  const told: string[] = [];
  const end = events.subscribe({ report: ({ kind }) => told.push(`one ${kind}`) });
  events.subscribe({
    report: ({ kind }) => told.push(`other ${kind}`),
    progress: ({ done }) => told.push(`progress ${done}`),
  });
  events.report({ kind: "damage", sessionId: "" as SessionId, message: "" });
  events.progress({ kind: "index", done: 1, total: 2 });
  expect(told).toEqual([]);
  end();
  await Promise.resolve();
  expect(told).toEqual(["other damage", "progress 1"]);
});
