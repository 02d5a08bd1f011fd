import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { openStore, temporaryDirectory } from "./temporary-store.ts";

const PROCESSES = 8;
const COMMITS = 250;
const script = join(import.meta.dirname, "writer-process.ts");

/** Runs so many writers, which begin at once; what each printed last. */
async function runAtOnce(writers: readonly (readonly string[])[]): Promise<number[]> {
  const children = writers.map((parameters) => new Child([script, ...parameters]));
  await Promise.all(children.map((child) => child.line(/ready/)));
  for (const child of children) child.process.stdin.end("go\n");
  const outputs = await Promise.all(children.map((child) => child.output()));
  return outputs.map((output) => Number(output.split("\n")[1]));
}

/** The same in a thread of this process, which has its own copy of the package. */
function runInThread(...parameters: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { argv: parameters, stdin: true, stdout: true });
    worker.on("exit", resolve).on("error", reject);
    worker.stdin?.end("go\n");
  });
}

const names = Array.from({ length: PROCESSES }, (_, index) => `writer-${index}`);

describe(`${PROCESSES} processes at once`, () => {
  test(`append ${COMMITS} commits each to one session: all there, in order, none doubled`, async () => {
    const directory = temporaryDirectory();
    const { store } = openStore(directory);
    const session = new AgentSession();
    await store.save(session);
    const conflicts = await runAtOnce(names.map((name) => [directory, name, String(COMMITS), session.id]));
    const contents = (await store.load(session.id))?.messages.map(({ content }) => content as string) ?? [];
    expect(contents).toHaveLength(PROCESSES * COMMITS);
    for (const name of names) {
      const own = contents.filter((content) => content.startsWith(`${name} `));
      expect(own).toEqual(Array.from({ length: COMMITS }, (_, index) => `${name} ${index}`));
    }
    expect((await store.summary(session.id))?.revision).toBe(PROCESSES * COMMITS + 1);
    expect(
      conflicts.some((count) => count > 0),
      "they did meet",
    ).toBe(true);
    expect(await store.verify(session.id)).toMatchObject({ state: "ok" });
  });

  test("save a session each: no conflict", async () => {
    const directory = temporaryDirectory();
    const conflicts = await runAtOnce(names.map((name) => [directory, name, "50", "own"]));
    expect(conflicts).toEqual(names.map(() => 0));
    const sessions = await openStore(directory).store.listWithMetadata();
    expect(sessions.map(({ title, messageCount }) => [title, messageCount]).sort()).toEqual(
      names.map((name) => [name, 50]),
    );
  });
});

test("threads and processes together append to one session: all there, in order, none doubled", async () => {
  const directory = temporaryDirectory();
  const { store } = openStore(directory);
  const session = new AgentSession();
  await store.save(session);
  await Promise.all([
    ...["thread-0", "thread-1", "thread-2"].map((name) => runInThread(directory, name, "100", session.id)),
    runAtOnce(["process-0", "process-1"].map((name) => [directory, name, "100", session.id])),
  ]);
  const contents = (await store.load(session.id))?.messages.map(({ content }) => content as string) ?? [];
  expect(contents).toHaveLength(500);
  for (const name of ["thread-0", "thread-1", "thread-2", "process-0", "process-1"]) {
    const own = contents.filter((content) => content.startsWith(`${name} `));
    expect(own).toEqual(Array.from({ length: 100 }, (_, index) => `${name} ${index}`));
  }
  expect(await store.verify(session.id)).toMatchObject({ state: "ok" });
});

test("10,000 reads beside a busy writer never see a torn session, nor an older one than before", async () => {
  const directory = temporaryDirectory();
  await using writer = new SessionStore(directory);
  const session = new AgentSession();
  await writer.save(session);
  await using busy = new Child([script, directory, "writer", "1500", session.id]);
  await busy.line(/ready/);
  let isBusy = true;
  const ended = busy.output().finally(() => (isBusy = false));
  ended.catch(() => undefined);
  // This process reads while the other one appends; checkpoints come from both.
  const { store } = openStore(directory);
  busy.process.stdin.end("go\n");
  let last = 0;
  let beside = 0;
  for (let reads = 0; reads < 10_000; reads++) {
    if (reads % 400 === 0 && isBusy) await writer.checkpoint(session.id);
    const revision =
      reads % 10 === 0 ? await revisionByLoad(store, session.id) : await revisionBySummary(store, session.id);
    expect(revision).toBeGreaterThanOrEqual(last);
    if (revision > last && revision < 1501) beside++;
    last = revision;
  }
  expect(beside, "revisions that were seen while there was a writer").toBeGreaterThan(1);
  await ended;
  expect(await revisionByLoad(store, session.id)).toBe(1501);
});

async function revisionByLoad(store: SessionStore, id: string): Promise<number> {
  const loaded = await store.load(id);
  const contents = loaded?.messages.map(({ content }) => content);
  expect(contents).toEqual(contents?.map((_, index) => `writer ${index}`));
  return (contents?.length ?? 0) + 1;
}

async function revisionBySummary(store: SessionStore, id: string): Promise<number> {
  const summary = await store.summary(id);
  expect(summary?.messageCount).toBe((summary?.revision ?? 0) - 1);
  return summary?.revision ?? 0;
}

test("a stalled append in one process queues the others of that process in order", async () => {
  const { store } = openStore(temporaryDirectory());
  const session = new AgentSession();
  await store.save(session);
  const appends = Array.from({ length: 200 }, (_, index) =>
    store.append(session.id, [Message.user(`${index}`)]),
  );
  const revisions = (await Promise.all(appends)).map(({ revision }) => revision);
  expect(revisions).toEqual(Array.from({ length: 200 }, (_, index) => index + 2));
  expect((await store.load(session.id))?.messages.map(({ content }) => content)).toEqual(
    Array.from({ length: 200 }, (_, index) => `${index}`),
  );
});
