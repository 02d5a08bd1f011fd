import { PGlite } from "@electric-sql/pglite";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, test } from "vitest";
import type { StorageEngine, StoredCommit, StoredSession } from "../../src/engine/contract.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { MemoryEngine } from "../../src/engine/memory/memory-engine.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { copyStore } from "../../src/store/copy-store.ts";

const database = new PGlite();
afterAll(() => database.close());

let folder: string;
const engines: StorageEngine[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "astrid-copy-"))));
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
  rmSync(folder, { recursive: true, force: true });
});

function opened<E extends StorageEngine>(engine: E): E {
  engines.push(engine);
  return engine;
}

let places = 0;
const kinds: Record<string, () => StorageEngine> = {
  file: () => opened(new FileEngine(join(folder, `store-${places++}`))),
  postgres: () =>
    opened(new PostgresEngine({ client: database, tenant: `t${places++}${folder}`.slice(-60) })),
  memory: () => opened(new MemoryEngine()),
};

/** A session with appends, a summarisation, an edit in the middle, fields and an operation id. */
async function lived(engine: StorageEngine, title: string): Promise<SessionId> {
  const id = newSessionId();
  const message = (n: number): Message => Message.user(`${title} ${n} \ud800 \u0000`);
  const set = {
    title,
    createdAt: "2026-01-02T03:04:05.123456789Z",
    tags: ["a"],
    extra: { odd: [-0, 1e308] },
  };
  await engine.commit(id, { base: 0, splice: ["end", 0, [1, 2, 3, 4].map(message)], set });
  await engine.commit(id, { splice: ["end", 0, [message(5)]], operationId: "turn", addTokens: 7 });
  await engine.commit(id, { base: 2, splice: [0, 3, [message(10)]] });
  await engine.commit(id, { base: 3, splice: [1, 1, [message(20), message(21)]], set: { model: "m" } });
  await engine.commit(id, { base: 4, side: { steps: [{ title }, -0], writes: ["\ud800"] } });
  await engine.commit(id, { side: { steps: [3] } });
  return id;
}

async function historyOf(engine: StorageEngine, id: SessionId): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { revision, operationId, splice, tokenCount } of engine.commits(id, 0)) {
    found.push({ revision, operationId, tokenCount, splice: splice ?? [] } satisfies Record<
      string,
      StoredCommit[keyof StoredCommit] | []
    >);
  }
  return found;
}

/** What Astrid's runtime writes. */
function writeDocument(engine: StorageEngine, id: SessionId, texts: readonly string[]): void {
  mkdirSync(engine.location, { recursive: true });
  const document = {
    id,
    user_id: "0101010101010101",
    messages: texts.map((content) => ({ role: "user", content })),
    system_prompt: "",
    created_at: "2026-01-02T03:04:05Z",
    token_count: texts.length,
    metadata: { title: null, tags: [], turn_count: 0, tool_call_count: 0, approval_count: 0, custom: {} },
    allowances: [],
  };
  const path = join(engine.location, `${id}.json`);
  writeFileSync(`${path}.tmp`, JSON.stringify(document));
  renameSync(`${path}.tmp`, path);
}

describe("copy", () => {
  test("two copies into one target at once conflict about nothing", async () => {
    const from = new MemoryEngine();
    const to = new MemoryEngine();
    for (let session = 0; session < 5; session++) {
      const id = newSessionId();
      for (let base = 0; base < 30; base++)
        await from.commit(id, { base, splice: ["end", 0, [Message.user(`message ${base}`)]] });
    }
    const reports = await Promise.all([1, 2, 3].map(() => copyStore(from, to)));
    for (const { failed } of reports) assert.deepEqual(failed, []);
    assert.equal((await to.list({})).sessions.length, 5);
    // Someone else's session under the same id is a conflict still.
    const other = newSessionId();
    await from.commit(other, { base: 0, splice: ["end", 0, [Message.user("one")]] });
    await to.commit(other, { base: 0, splice: ["end", 0, [Message.user("another")]] });
    assert.equal((await copyStore(from, to)).failed.length, 1);
  });

  for (const [source, target] of [
    ["file", "postgres"],
    ["postgres", "file"],
    ["file", "file"],
    ["memory", "postgres"],
  ] as const) {
    test(`from ${source} to ${target}: every revision, in the order of the listing; again, nothing`, async () => {
      const [from, to] = [kinds[source]?.(), kinds[target]?.()];
      assert.ok(from && to);
      const ids = [];
      for (const title of ["one", "two", "three"]) ids.push(await lived(from, title));
      const seen: string[] = [];
      const report = await copyStore(from, to, {
        onProgress: ({ state }, done, total) => seen.push(`${state} ${done}/${total}`),
      });
      assert.deepEqual(report, { copied: 3, unchanged: 0, failed: [], messages: 12 });
      assert.deepEqual(seen, ["copied 1/3", "copied 2/3", "copied 3/3"]);
      for (const id of ids) {
        const there: StoredSession | undefined = await from.read(id);
        const here: StoredSession | undefined = await to.read(id);
        assert.deepEqual(here?.messages, there?.messages);
        assert.deepEqual(here?.head, there?.head);
        assert.deepEqual(await historyOf(to, id), await historyOf(from, id));
        assert.equal((await to.verify(id)).state, "ok");
      }
      const order = async (engine: StorageEngine) => (await engine.list({})).sessions.map(({ id }) => id);
      assert.deepEqual(await order(to), await order(from));
      assert.deepEqual(await copyStore(from, to), { copied: 0, unchanged: 3, failed: [], messages: 12 });
    });
  }

  for (const target of ["postgres", "file", "memory"]) {
    test(`a document that Astrid wrote, to ${target}: as it is; then what Astrid adds to it`, async () => {
      const [from, to] = [kinds["file"]?.(), kinds[target]?.()];
      assert.ok(from && to);
      const id = newSessionId();
      writeDocument(from, id, ["one", "two"]);
      const states: string[] = [];
      const copy = () => copyStore(from, to, { onProgress: ({ state }) => void states.push(state) });
      await copy();
      await copy();
      writeDocument(from, id, ["one", "two", "three"]);
      await copy();
      await copy();
      assert.deepEqual(states, ["copied-current", "unchanged", "copied-current", "unchanged"]);
      assert.deepEqual((await to.read(id))?.messages, (await from.read(id))?.messages);
      // What takes the document over has a history of its own.
      await from.commit(id, { base: 1, splice: ["end", 0, [Message.user("four")]] });
      await copy();
      await copy();
      assert.deepEqual(states.slice(4), ["copied-current", "unchanged"]);
      assert.equal((await to.read(id))?.messages.length, 4);
    });
  }

  test("a document that Astrid wrote anew is not put over what was copied", async () => {
    const [from, to] = [kinds["file"]?.(), kinds["postgres"]?.()];
    assert.ok(from && to);
    const [grown, changed] = [newSessionId(), newSessionId()];
    for (const id of [grown, changed]) writeDocument(from, id, ["one", "two"]);
    await copyStore(from, to);
    writeDocument(from, changed, ["summary", "three"]);
    await to.commit(grown, { splice: ["end", 0, [Message.user("of its own")]] });
    writeDocument(from, grown, ["one", "two", "three"]);
    const { failed } = await copyStore(from, to);
    assert.deepEqual(
      failed.map(({ error }) => error?.code),
      ["CONFLICT", "CONFLICT"],
    );
    assert.equal((await to.read(changed))?.messages[0]?.content, "one");
    assert.equal((await to.read(grown))?.messages.length, 3);
  });

  for (const target of ["postgres", "file", "memory"]) {
    test(`a change by Astrid that no commit holds yet, to ${target}; and the commits behind it`, async () => {
      const [before, to] = [kinds["file"]?.(), kinds[target]?.()];
      assert.ok(before && to);
      const id = newSessionId();
      const messages = ["one", "two"].map((text) => Message.user(text));
      await before.commit(id, { base: 0, splice: ["end", 0, messages], set: { userId: "0101010101010101" } });
      await before.close();
      const from = opened(new FileEngine(before.location));
      writeDocument(from, id, ["one", "two", "three"]);
      const states: string[] = [];
      const copy = () => copyStore(from, to, { onProgress: ({ state }) => void states.push(state) });
      await copy();
      await copy();
      assert.deepEqual(states, ["copied-current", "unchanged"]);
      assert.deepEqual((await to.read(id))?.messages, (await from.read(id))?.messages);
      await from.commit(id, { base: 2, splice: ["end", 0, [Message.user("four")]] });
      await copy();
      await copy();
      assert.equal(states.at(-1), "unchanged");
      assert.equal((await to.read(id))?.messages.length, 4);
    });
  }

  for (const [source, target] of [
    ["memory", "file"],
    ["file", "memory"],
    ["postgres", "file"],
    ["file", "postgres"],
  ] as const) {
    test(`from ${source} to ${target} again, when a title was set last: nothing, then what is new`, async () => {
      const [from, to] = [kinds[source]?.(), kinds[target]?.()];
      assert.ok(from && to);
      const id = newSessionId();
      await from.commit(id, { base: 0, splice: ["end", 0, [Message.user("one")]], set: { title: "a" } });
      await from.commit(id, { base: 1, set: { title: "b" } });
      await copyStore(from, to);
      assert.deepEqual(await copyStore(from, to), { copied: 0, unchanged: 1, failed: [], messages: 1 });
      await from.commit(id, { base: 2, splice: ["end", 0, [Message.user("two")]] });
      assert.deepEqual(await copyStore(from, to), { copied: 1, unchanged: 0, failed: [], messages: 2 });
      assert.deepEqual(await historyOf(to, id), await historyOf(from, id));
    });
  }

  test("goes on where a copy ended, also in the middle of a session", async () => {
    const [from, to] = [new MemoryEngine(), kinds["postgres"]?.()];
    assert.ok(to);
    const ids = [await lived(from, "one"), await lived(from, "two")];
    const commit = to.commit.bind(to);
    let left = 7;
    to.commit = (...args) => (left-- > 0 ? commit(...args) : Promise.reject(new Error("cut")));
    const first = await copyStore(from, to);
    assert.deepEqual([first.copied, first.failed.length], [1, 1]);
    left = Infinity;
    const second = await copyStore(from, to);
    assert.deepEqual([second.copied, second.unchanged, second.failed.length], [1, 1, 0]);
    for (const id of ids) assert.deepEqual((await to.read(id))?.messages, (await from.read(id))?.messages);
  });

  test("leaves a session alone that the target has with another content", async () => {
    const [from, to] = [new MemoryEngine(), new MemoryEngine()];
    const id = await lived(from, "one");
    await to.commit(id, { base: 0, splice: ["end", 0, [Message.user("of its own")]] });
    const { failed, copied } = await copyStore(from, to);
    assert.deepEqual([copied, failed.length, failed[0]?.error?.code], [0, 1, "CONFLICT"]);
    assert.equal((await to.read(id))?.messages[0]?.content, "of its own");
  });

  test("stops between two sessions when it is told to", async () => {
    const [from, to] = [new MemoryEngine(), new MemoryEngine()];
    for (const title of ["one", "two", "three"]) await lived(from, title);
    const stop = new AbortController();
    const report = await copyStore(from, to, { signal: stop.signal, onProgress: () => stop.abort() });
    assert.equal(report.copied, 1);
  });
});
