import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordFromMessage } from "../../src/importers/claude-code/record.ts";
import { filesUnder } from "../../src/importers/files.ts";
import { importFile } from "../../src/importers/import.ts";
import { ImportError, Message, SessionStore, type SessionId } from "../../src/index.ts";
import { fixture, jsonLines } from "./read.ts";

let base: string;
let store: SessionStore;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "astrid-import-"));
  store = new SessionStore(join(base, "store"));
});

afterEach(async () => {
  await store.close();
  rmSync(base, { recursive: true, force: true });
});

function file(lines: readonly string[], name = "file.jsonl"): string {
  const path = join(base, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}

function turn(text: string): string {
  return JSON.stringify({
    ...{ type: "user", sessionId: "22222222-2222-4333-8444-555555555555", uuid: `uuid of ${text}` },
    message: { role: "user", content: text },
  });
}

function progress(text: string): string {
  return JSON.stringify({ type: "progress", sessionId: "22222222-2222-4333-8444-555555555555", data: text });
}

async function contents(id: SessionId): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { message } of store.messages(id)) {
    const content = message.content as { data?: unknown };
    found.push(content.data ?? content);
  }
  return found;
}

test("a file becomes a session, once", async () => {
  const first = await importFile(store, fixture("session.jsonl"));
  expect(first).toMatchObject({
    format: "claude-code",
    outcome: "created",
    messagesAdded: 7,
    problemCount: 0,
  });
  const session = await store.load(first.sessionId);
  expect(session?.messages.map(recordFromMessage)).toEqual(jsonLines(fixture("session.jsonl")));
  expect(session).toMatchObject({
    createdAt: "2026-01-05T09:00:00.123Z",
    model: "example-model-2",
    workspacePath: "/home/dev/project",
    gitState: { branch: "fix", commit: null },
    metadata: { title: "Why does the build fail?", turnCount: 1, toolCallCount: 1 },
  });
  const revision = (await store.summary(first.sessionId))?.revision;
  expect(await importFile(store, fixture("session.jsonl"))).toMatchObject({
    outcome: "unchanged",
    messagesAdded: 0,
  });
  expect((await store.summary(first.sessionId))?.revision).toBe(revision);
});

test("a sub-agent's session names its parent", async () => {
  const { sessionId } = await importFile(store, fixture("agent.jsonl"));
  expect((await store.summary(sessionId))?.parentId).toBe("11111111-2222-4333-8444-555555555555");
});

test("a file that grew adds what is new, a shorter copy adds nothing", async () => {
  const { sessionId } = await importFile(store, file([turn("a"), turn("b")]));
  const grown = file([turn("a"), turn("b"), progress("p"), turn("c")]);
  expect(await importFile(store, grown)).toMatchObject({ outcome: "extended", messagesAdded: 2, sessionId });
  expect(await importFile(store, file([turn("a")], "short.jsonl"))).toMatchObject({
    outcome: "unchanged",
    sessionId,
  });
  expect(await contents(sessionId)).toEqual(["a", "b", "p", "c"]);
});

test("the same record twice is kept twice", async () => {
  const { sessionId } = await importFile(store, file([turn("a"), progress("p"), progress("p")]));
  expect(
    await importFile(store, file([turn("a"), progress("p"), progress("p"), progress("p")])),
  ).toMatchObject({
    messagesAdded: 1,
  });
  expect(await contents(sessionId)).toEqual(["a", "p", "p", "p"]);
});

test("two files that went different ways are not mixed up", async () => {
  const one = file([turn("a"), turn("b"), turn("c1")], "one.jsonl");
  const other = file([turn("a"), turn("b"), turn("c2")], "other.jsonl");
  const first = await importFile(store, one);
  const second = await importFile(store, other);
  expect(second).toMatchObject({ outcome: "created", divergedFrom: first.sessionId, messagesAdded: 3 });
  expect(await contents(first.sessionId)).toEqual(["a", "b", "c1"]);
  expect(await contents(second.sessionId)).toEqual(["a", "b", "c2"]);

  // Both grow, and each finds its own session again.
  file([turn("a"), turn("b"), turn("c1"), turn("d1")], "one.jsonl");
  file([turn("a"), turn("b"), turn("c2"), turn("d2")], "other.jsonl");
  expect(await importFile(store, one)).toMatchObject({ sessionId: first.sessionId, messagesAdded: 1 });
  expect(await importFile(store, other)).toMatchObject({ sessionId: second.sessionId, messagesAdded: 1 });
  expect(await importFile(store, other)).toMatchObject({ sessionId: second.sessionId, outcome: "unchanged" });
  expect(await store.list()).toHaveLength(2);
});

test("a session that was continued here is not mixed with the file that went on elsewhere", async () => {
  const { sessionId } = await importFile(store, file([turn("a")]));
  await store.append(sessionId, [Message.user("continued here")]);
  expect(await importFile(store, file([turn("a"), progress("p")]))).toMatchObject({ outcome: "unchanged" });
  const again = await importFile(store, file([turn("a"), turn("b")]));
  expect(again).toMatchObject({ outcome: "created", divergedFrom: sessionId });
  expect(await contents(sessionId)).toEqual(["a", "continued here"]);
});

test("messages only, and so it stays", async () => {
  const path = file([turn("a"), progress("p"), turn("b")]);
  const { sessionId } = await importFile(store, path, { messagesOnly: true });
  expect(await contents(sessionId)).toEqual(["a", "b"]);
  expect(await importFile(store, path)).toMatchObject({ outcome: "unchanged", leftOut: 1 });
  expect(await contents(sessionId)).toEqual(["a", "b"]);
});

test("a better title replaces the importer's own, and never the user's", async () => {
  const { sessionId } = await importFile(store, file([turn("a")]));
  const summary = '{"type":"summary","summary":"better","leafUuid":"uuid of a"}';
  await importFile(store, file([turn("a"), summary]));
  expect((await store.summary(sessionId))?.title).toBe("better");
  const session = await store.load(sessionId);
  if (session === undefined) throw new Error("gone");
  session.metadata.title = "mine";
  await store.save(session);
  await importFile(store, file([turn("a"), summary, turn("b"), summary.replace("better", "best")]));
  expect((await store.summary(sessionId))?.title).toBe("mine");
});

test("many records go in several commits, and an import that was cut short goes on", async () => {
  const lines = Array.from({ length: 1000 }, (_, index) => turn(String(index)));
  const half = new SessionStore(join(base, "store"));
  const { sessionId } = await importFile(half, file(lines.slice(0, 450)));
  await half.close();
  expect(await importFile(store, file(lines))).toMatchObject({ outcome: "extended", messagesAdded: 550 });
  expect(await contents(sessionId)).toEqual(lines.map((_, index) => String(index)));
  expect((await store.summary(sessionId))?.revision).toBeGreaterThan(5);
});

test("two imports of one file at the same time store it once", async () => {
  const path = file(Array.from({ length: 700 }, (_, index) => turn(String(index))));
  const other = new SessionStore(join(base, "store"));
  const results = await Promise.all([importFile(store, path), importFile(other, path)]);
  await other.close();
  expect(await store.list()).toHaveLength(1);
  const [{ sessionId }] = results;
  expect(await contents(sessionId)).toEqual(Array.from({ length: 700 }, (_, index) => String(index)));
});

test("an Astrid document keeps its head and its token count", async () => {
  const id = "1a2b3c4d-0000-4000-8000-000000000000";
  const document = {
    ...{ id, user_id: "0101010101010101", system_prompt: "s", created_at: "2026-02-20T10:11:12.123456789Z" },
    ...{
      messages: [{ role: "user", content: "hi" }],
      token_count: 77,
      git_state: { branch: "b", commit: null },
    },
    metadata: { title: null, tags: [], turn_count: 0, tool_call_count: 0, approval_count: 0, custom: {} },
  };
  const path = join(base, "document.txt");
  writeFileSync(path, JSON.stringify(document, undefined, 2));
  expect(await importFile(store, path)).toMatchObject({
    format: "astrid",
    sessionId: id,
    outcome: "created",
  });
  expect(await importFile(store, path)).toMatchObject({ outcome: "unchanged" });
  expect(await store.load(id)).toMatchObject({
    ...{
      createdAt: document.created_at,
      tokenCount: 77,
      systemPrompt: "s",
      gitState: { branch: "b", commit: null },
    },
  });
});

test.each([
  ["a directory", (path: string) => mkdirSync(path)],
  ["missing", () => undefined],
  ["empty", (path: string) => writeFileSync(path, "")],
  ["zero bytes", (path: string) => writeFileSync(path, Buffer.alloc(5000))],
  ["a picture", (path: string) => writeFileSync(path, Buffer.from("\x89PNG\r\n\x1a\n{", "latin1"))],
  ["a link to itself", (path: string) => symlinkSync(path, path)],
])("%s: refused, and nothing is created", async (_what, make) => {
  const path = join(base, "bad");
  make(path);
  await expect(importFile(store, path)).rejects.toThrow(ImportError);
  expect(await store.list()).toEqual([]);
});

test("a directory's files come sorted, parents first; links to directories are not followed", async () => {
  for (const folder of ["in/p/subagents", "in/node_modules"])
    mkdirSync(join(base, folder), { recursive: true });
  for (const name of ["in/p/subagents/a.jsonl", "in/p.jsonl", "in/b.jsonl", "in/node_modules/x.jsonl"]) {
    writeFileSync(join(base, name), "");
  }
  symlinkSync(join(base, "in"), join(base, "in", "loop"));
  const found: string[] = [];
  for await (const { path } of filesUnder([join(base, "in")])) found.push(path.slice(base.length + 1));
  expect(found).toEqual(["in/b.jsonl", "in/p.jsonl", "in/p/subagents/a.jsonl"]);
});

test("memory stays bounded while a large file streams through", async () => {
  const path = join(base, "large.jsonl");
  const line = `${turn("x".repeat(20_000))}\n`;
  const count = 6000;
  writeFileSync(path, line.repeat(1));
  for (let at = 1; at < count; at += 500)
    writeFileSync(path, line.repeat(Math.min(500, count - at)), { flag: "a" });
  const { claudeCode } = await import("../../src/importers/claude-code/claude-code.ts");
  let [most, messages] = [0, 0];
  for await (const item of claudeCode.read(path)) {
    if (item.type === "message" && ++messages % 500 === 0)
      most = Math.max(most, process.memoryUsage().heapUsed);
  }
  expect(readFileSync(path).length).toBeGreaterThan(120e6);
  expect(messages).toBe(count);
  expect(most).toBeLessThan(100e6 + 60e6);
});

test("an imported session counts as changed when its last message was made, not when it was imported", async () => {
  const record = (uuid: string, timestamp: string): string => {
    const message = { role: "user", content: uuid };
    return JSON.stringify({
      type: "user",
      uuid,
      timestamp,
      sessionId: "22222222-2222-4333-8444-555555555555",
      message,
    });
  };
  await importFile(
    store,
    file([record("a", "2025-03-01T10:00:00.000Z"), record("b", "2025-03-02T11:30:00.000Z")]),
  );
  const [summary] = await store.listWithMetadata();
  expect(summary?.updatedAt).toBe("2025-03-02T11:30:00.000Z");
});
