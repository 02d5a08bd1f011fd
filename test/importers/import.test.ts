import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { importFile, ImportRun } from "../../src/importers/import.ts";
import { filesUnder } from "../../src/importers/read/files.ts";
import { ImportError, Message, SessionStore, type SessionId } from "../../src/index.ts";
import { importPlace, told } from "./place.ts";
import { fixture } from "./read.ts";
import { COMMAND } from "../command.ts";

const ID = "22222222-2222-4333-8444-555555555555";
const place = importPlace();

function turn(text: string, fields: object = {}): string {
  return JSON.stringify({
    ...{ type: "user", sessionId: ID, uuid: `uuid of ${text}`, timestamp: "2026-03-01T10:00:00.000Z" },
    ...fields,
    message: { role: "user", content: text },
  });
}

function progress(text: string): string {
  return JSON.stringify({ type: "progress", sessionId: ID, data: text });
}

async function contents(id: SessionId): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { message } of place.store.messages(id)) found.push(message.content);
  return found;
}

test("a file becomes a session, once", async () => {
  const first = await place.import(fixture("session.jsonl"));
  expect(first).toMatchObject({
    format: "claude-code",
    outcome: "created",
    messagesAdded: 4,
    problemCount: 0,
  });
  expect(await place.session(first.sessionId)).toMatchObject({
    createdAt: "2026-01-05T09:00:00.123Z",
    model: "example-model-2",
    workspacePath: "/home/dev/project",
    gitState: { branch: "fix", commit: null },
    metadata: { title: "Why does the build fail?", turnCount: 1, toolCallCount: 1 },
  });
  const revision = (await place.store.summary(first.sessionId))?.revision;
  expect(await place.import(fixture("session.jsonl"))).toMatchObject({
    outcome: "unchanged",
    messagesAdded: 0,
  });
  expect((await place.store.summary(first.sessionId))?.revision).toBe(revision);
});

test("a file that grew adds what is new, a shorter copy adds nothing", async () => {
  const { sessionId } = await place.import(place.file([turn("a"), turn("b")]));
  const grown = place.file([turn("a"), turn("b"), progress("p"), turn("c")]);
  expect(await place.import(grown)).toMatchObject({ outcome: "extended", messagesAdded: 1, sessionId });
  expect(await place.import(place.file([turn("a")], "short.jsonl"))).toMatchObject({
    outcome: "unchanged",
    sessionId,
  });
  expect(await contents(sessionId)).toEqual(["a", "b", "c"]);
  expect(await place.original(sessionId)).toEqual(readFileSync(grown));
});

test("a copy that ends where a kept piece ends has nothing new", async () => {
  const { sessionId } = await place.import(place.file([turn("a"), turn("b")]));
  await place.import(place.file([turn("a"), turn("b"), turn("c")]));
  expect(await place.import(place.file([turn("a"), turn("b")], "short.jsonl"))).toMatchObject({
    outcome: "unchanged",
    sessionId,
  });
});

test("half a last line is no error, and its rest comes the next time", async () => {
  const path = place.file(`${turn("a")}\n${turn("b").slice(0, 40)}`);
  const first = await place.import(path);
  expect(first).toMatchObject({ messagesAdded: 1, problemCount: 0, lossy: false });
  place.file(`${turn("a")}\n${turn("b")}\n`);
  expect(await place.import(path)).toMatchObject({ outcome: "extended", messagesAdded: 1 });
  expect(await contents(first.sessionId)).toEqual(["a", "b"]);
});

test("a last line without its newline counts, once", async () => {
  const path = place.file(`${turn("a")}\n${turn("b")}`);
  const { sessionId } = await place.import(path);
  place.file(`${turn("a")}\n${turn("b")}\n${turn("c")}`);
  expect(await place.import(path)).toMatchObject({ outcome: "extended", messagesAdded: 1 });
  expect(await contents(sessionId)).toEqual(["a", "b", "c"]);
});

test("two files that went different ways are not mixed up", async () => {
  const one = place.file([turn("a"), turn("b"), turn("c1")], "one.jsonl");
  const other = place.file([turn("a"), turn("b"), turn("c2")], "other.jsonl");
  const first = await place.import(one);
  const second = await place.import(other);
  expect(second).toMatchObject({ outcome: "created", divergedFrom: first.sessionId, messagesAdded: 3 });
  expect(await contents(first.sessionId)).toEqual(["a", "b", "c1"]);
  expect(await contents(second.sessionId)).toEqual(["a", "b", "c2"]);

  // Both grow, and each finds its own session again.
  place.file([turn("a"), turn("b"), turn("c1"), turn("d1")], "one.jsonl");
  place.file([turn("a"), turn("b"), turn("c2"), turn("d2")], "other.jsonl");
  expect(await place.import(one)).toMatchObject({ sessionId: first.sessionId, messagesAdded: 1 });
  expect(await place.import(other)).toMatchObject({ sessionId: second.sessionId, messagesAdded: 1 });
  expect(await place.import(other)).toMatchObject({ sessionId: second.sessionId, outcome: "unchanged" });
  expect(await place.store.list()).toHaveLength(2);
});

test("a session that was continued here is not mixed with the file that went on elsewhere", async () => {
  const { sessionId } = await place.import(place.file([turn("a")]));
  await place.store.append(sessionId, [Message.user("continued here")]);
  expect(await place.import(place.file([turn("a")]))).toMatchObject({ outcome: "unchanged" });
  const again = await place.import(place.file([turn("a"), turn("b")]));
  expect(again).toMatchObject({ outcome: "created", divergedFrom: sessionId });
  expect(await contents(sessionId)).toEqual(["a", "continued here"]);
});

test("a better title replaces the importer's own, and never the user's", async () => {
  const { sessionId } = await place.import(place.file([turn("a")]));
  const summary = '{"type":"summary","summary":"better","leafUuid":"uuid of a"}';
  await place.import(place.file([turn("a"), summary]));
  expect((await place.store.summary(sessionId))?.title).toBe("better");
  const session = await place.session(sessionId);
  session.metadata.title = "mine";
  session.metadata.custom["note"] = "mine too";
  await place.store.save(session);
  await place.import(place.file([turn("a"), summary, turn("b"), summary.replace("better", "best")]));
  const after = await place.session(sessionId);
  expect(after.metadata).toMatchObject({ title: "mine", custom: { note: "mine too" } });
  expect(after.messages).toHaveLength(2);
});

test("a large file goes in several commits, and an import that was cut short goes on", async () => {
  const lines = Array.from({ length: 1000 }, (_, index) => turn(`${index} ${"x".repeat(5000)}`));
  const half = await place.import(place.file(lines.slice(0, 450)));
  expect(await place.import(place.file(lines))).toMatchObject({ outcome: "extended", messagesAdded: 550 });
  expect(told((await place.session(half.sessionId)).messages)).toHaveLength(1000);
  expect((await place.store.summary(half.sessionId))?.revision).toBeGreaterThan(5);
});

test("two imports of one file at the same time store it once", async () => {
  const path = place.file(Array.from({ length: 700 }, (_, index) => turn(`${index} ${"y".repeat(5000)}`)));
  const one = new SessionStore(join(place.base, "store"));
  const other = new SessionStore(join(place.base, "store"));
  try {
    const [{ sessionId }] = await Promise.all([importFile(one, path), importFile(other, path)]);
    expect(await one.list()).toHaveLength(1);
    expect((await one.load(sessionId))?.messages).toHaveLength(700);
    const parts: Buffer[] = [];
    const { originalOf } = await import("../../src/importers/original/read-original.ts");
    for await (const part of originalOf(one, sessionId)) parts.push(part);
    expect(Buffer.concat(parts).equals(readFileSync(path))).toBe(true);
  } finally {
    await one.close();
    await other.close();
  }
});

test("a session in the trash is passed over and named", async () => {
  const path = place.file([turn("a")]);
  const { sessionId } = await place.import(path);
  await place.store.delete(sessionId, { trash: true });
  expect(await place.import(path)).toMatchObject({ outcome: "in trash", sessionId });
  expect(await place.store.list()).toEqual([]);
  await place.store.restore(sessionId);
  expect(await place.import(path)).toMatchObject({ outcome: "unchanged" });
});

test("activity is when something was said: no record without a time, no note and no future changes it", async () => {
  const said = "2025-03-02T11:30:00.000Z";
  const { result } = await place.read([
    turn("a", { timestamp: "2025-03-01T10:00:00.000Z" }),
    turn("b", { timestamp: said }),
    turn("no time", { timestamp: undefined }),
    JSON.stringify({ type: "progress", sessionId: ID, uuid: "p", timestamp: "2025-05-05T00:00:00.000Z" }),
    turn("from the future", { timestamp: "9999-01-01T00:00:00.000Z" }),
  ]);
  const [summary] = await place.store.listWithMetadata();
  expect(summary).toMatchObject({ createdAt: "2025-03-01T10:00:00.000Z", updatedAt: said });
  expect(result.problems).toMatchObject([{ reason: expect.stringContaining("9999-01-01"), lost: false }]);
});

test("a file without any time has its own", async () => {
  const path = place.file([turn("a", { timestamp: undefined })]);
  utimesSync(path, new Date("2024-06-01T00:00:00.000Z"), new Date("2024-06-01T00:00:00.000Z"));
  await place.import(path);
  const [summary] = await place.store.listWithMetadata();
  expect(summary).toMatchObject({
    createdAt: "2024-06-01T00:00:00.000Z",
    updatedAt: "2024-06-01T00:00:00.000Z",
  });
});

test("a compressed file is read, comes back as it was before, and grows", async () => {
  const text = `${turn("a")}\n${turn("b")}\n`;
  const path = place.file(zstdCompressSync(text), "x.jsonl.zst");
  const { sessionId } = await place.import(path);
  expect((await place.original(sessionId)).toString()).toBe(text);
  expect(await place.import(path)).toMatchObject({ outcome: "unchanged" });
  expect(await place.import(place.file(text))).toMatchObject({ outcome: "unchanged", sessionId });
  place.file(zstdCompressSync(`${text}${turn("c")}\n`), "x.jsonl.zst");
  await place.import(path);
  expect(await contents(sessionId)).toEqual(["a", "b", "c"]);
  await expect(place.import(place.file(zstdCompressSync(text).subarray(0, 60), "cut.zst"))).rejects.toThrow(
    ImportError,
  );
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
  const path = join(place.base, "document.txt");
  writeFileSync(path, JSON.stringify(document, undefined, 2));
  expect(await place.import(path)).toMatchObject({ format: "astrid", sessionId: id, outcome: "created" });
  expect(await place.import(path)).toMatchObject({ outcome: "unchanged" });
  expect(await place.session(id)).toMatchObject({
    createdAt: document.created_at,
    tokenCount: 77,
    systemPrompt: "s",
    gitState: { branch: "b", commit: null },
  });
  await place.store.delete(id, { trash: true });
  expect(await place.import(path)).toMatchObject({ outcome: "in trash" });
});

test.each([
  ["a directory", (path: string) => mkdirSync(path)],
  ["missing", () => undefined],
  ["empty", (path: string) => writeFileSync(path, "")],
  ["zero bytes", (path: string) => writeFileSync(path, Buffer.alloc(5000))],
  ["a picture", (path: string) => writeFileSync(path, Buffer.from("\x89PNG\r\n\x1a\n{", "latin1"))],
  ["a link to itself", (path: string) => symlinkSync(path, path)],
])("%s: refused, and nothing is created", async (_what, make) => {
  const path = join(place.base, "bad");
  make(path);
  await expect(place.import(path)).rejects.toThrow(ImportError);
  expect(await place.store.list()).toEqual([]);
});

test("what is known and not read is named", async () => {
  const path = place.file("# aider chat started at 2026-01-01\n\n#### hello {x}\n", ".aider.chat.history.md");
  await expect(place.import(path)).rejects.toThrow("it looks like Aider, which is not supported");
  expect(await new ImportRun(place.store).anyFile(path)).toEqual({ unsupported: "Aider" });
  expect(await new ImportRun(place.store).anyFile(place.file("{}", "x.json"))).toBeUndefined();
});

test("a directory's files come sorted, parents first; links to directories are not followed", async () => {
  for (const folder of ["in/p/subagents", "in/node_modules"])
    mkdirSync(join(place.base, folder), { recursive: true });
  for (const name of ["in/p/subagents/a.jsonl", "in/p.jsonl", "in/b.jsonl", "in/node_modules/x.jsonl"]) {
    writeFileSync(join(place.base, name), "");
  }
  symlinkSync(join(place.base, "in"), join(place.base, "in", "loop"));
  const found: string[] = [];
  for await (const { path } of filesUnder([join(place.base, "in")]))
    found.push(path.slice(place.base.length + 1));
  expect(found).toEqual(["in/b.jsonl", "in/p.jsonl", "in/p/subagents/a.jsonl"]);
});

test("memory stays bounded while a large file streams through", async () => {
  const path = join(place.base, "large.jsonl");
  for (let at = 0; at < 6000; at += 500) {
    const lines = Array.from(
      { length: 500 },
      (_, index) => `${turn(`${at + index} ${"x".repeat(20_000)}`, { uuid: `u${at + index}` })}\n`,
    );
    writeFileSync(path, lines.join(""), { flag: "a" });
  }
  expect(statSync(path).size).toBeGreaterThan(120e6);
  // A heap that could not hold them.
  const options = [
    "--max-old-space-size=64",
    COMMAND,
    "--store",
    join(place.base, "store"),
    "import",
    "--json",
    path,
  ];
  const { status, stdout, stderr, signal, error } = spawnSync(process.execPath, options, {
    encoding: "utf8",
  });
  expect([status, signal, error], stderr).toEqual([0, null, undefined]);
  expect(JSON.parse(stdout)).toMatchObject({ files: [{ outcome: "created", messagesAdded: 6000 }] });
});
