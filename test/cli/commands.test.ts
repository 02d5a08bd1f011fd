import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { fixture } from "../importers/read.ts";
import { base, directory, ONE, save, TWO } from "./place.ts";
import { run, runJson } from "./run.ts";
import { COMMAND } from "../command.ts";

test("an empty store: everything says so, and nothing is created", () => {
  expect(run(directory, "list")).toMatchObject({ code: 0, out: "" });
  expect(runJson(directory, "list").json).toEqual({ store: directory, sessions: [], unreadable: [] });
  expect(run(directory, "show", "latest")).toMatchObject({ code: 3, out: "" });
  expect(run(directory, "doctor")).toMatchObject({ code: 0 });
  expect(run(directory, "trash")).toMatchObject({ code: 0 });
  expect(run(directory, "search", "anything")).toMatchObject({ code: 0, out: "" });
  expect(run(directory, "cleanup", "--older-than", "1d")).toMatchObject({ code: 0 });
  expect(run(directory, "path")).toMatchObject({ code: 0, out: `${directory}\n` });
  expect(existsSync(directory)).toBe(false);
});

test("list: last changed first, aligned, filtered", async () => {
  await save(ONE, "First\u001b[31m title", ["x"], { model: "m1", workspacePath: base });
  const metadata = { title: "日本語のタイトル", custom: { source: "codex" }, turnCount: 2 };
  await save(TWO, null, ["x", "y"], { model: "m2", metadata });
  const { code, out } = run(directory, "list");
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^SESSION +AGE +AGENT +PROJECT +BRANCH +PROMPTS +TITLE$/);
  expect(lines[1]).toMatch(/^aaaa2222 +now +codex +2 +日本語のタイトル$/);
  expect(lines[2]).toMatch(/^aaaa1111 +now +astrid +\S+ +First title$/);
  expect(runJson(directory, "list", "--model", "m1").json.sessions).toMatchObject([
    { id: ONE, messageCount: 1 },
  ]);
  const ofSource = runJson(directory, "list", "--source", "codex").json;
  expect(ofSource.sessions).toMatchObject([{ id: TWO, source: "codex", custom: { source: "codex" } }]);
  expect(runJson(directory, "list", "--source", "astrid").json.sessions).toMatchObject([{ id: ONE }]);
  expect(runJson(directory, "list", "--title", "FIRST").json.sessions).toHaveLength(1);
  expect(runJson(directory, "list", "--since", "1h").json.sessions).toHaveLength(2);
  expect(runJson(directory, "list", "--until", "2020-01-01").json.sessions).toHaveLength(0);
  expect(runJson(directory, "list", "--limit", "1").json.sessions).toMatchObject([{ id: TWO }]);
  expect(runJson(directory, "list", "--workspace", base).json.sessions).toMatchObject([{ id: ONE }]);
});

test("list: what cannot be read is told, with an exit code, and hides nothing", async () => {
  await save(ONE, "Good", ["x"]);
  writeFileSync(join(directory, `${TWO}.json`), Buffer.alloc(100));
  const { code, out, err } = run(directory, "list");
  expect(code).toBe(4);
  expect(out).toContain("Good");
  expect(err).toContain(TWO);
  expect(runJson(directory, "list").json.unreadable).toMatchObject([{ id: TWO, code: "CORRUPT_SESSION" }]);
  expect(run(directory, "show", TWO)).toMatchObject({ code: 4 });
});

test("show: by id, by its beginning, and the latest", async () => {
  await save(ONE, "First", ["x"]);
  await save(TWO, "Second", ["hello\u001b]0;title\u0007"]);
  expect(run(directory, "show", TWO).out).toMatch(/^Second\n[^]*#0[^]*hello␛\]0;title␇/);
  expect(run(directory, "show", "AAAA1").out).toMatch(/^First\n/);
  expect(run(directory, "show", "latest").out).toMatch(/^Second\n/);
  expect(run(directory, "show", "aaaa")).toMatchObject({ code: 3, err: expect.stringContaining("Second") });
  expect(runJson(directory, "show", "aaaa")).toMatchObject({
    code: 3,
    json: { error: { code: "AMBIGUOUS" } },
  });
  expect(runJson(directory, "show", "bbbb")).toMatchObject({
    code: 3,
    json: { error: { code: "NOT_FOUND" } },
  });
  expect(runJson(directory, "show", "aaa")).toMatchObject({ code: 2, json: { error: { code: "USAGE" } } });
  expect(run(directory, "show", "../etc")).toMatchObject({ code: 2 });
});

test("show: which messages", async () => {
  await save(
    ONE,
    null,
    Array.from({ length: 50 }, (_, index) => `text ${index}.`),
  );
  const positions = (...args: string[]): number[] => {
    const [head = "", ...lines] = run(directory, "show", ONE, "--json", ...args)
      .out.trimEnd()
      .split("\n");
    expect(JSON.parse(head)).toMatchObject({ session: { id: ONE, messageCount: 50 } });
    return lines.map((line) => {
      const { position, message } = JSON.parse(line) as { position: number; message: Message };
      expect(message.content).toBe(`text ${position}.`);
      return position;
    });
  };
  expect(positions()).toEqual(Array.from({ length: 20 }, (_, index) => index + 30));
  expect(positions("--last", "2")).toEqual([48, 49]);
  expect(positions("--last", "500")).toHaveLength(50);
  expect(positions("--all")).toHaveLength(50);
  expect(positions("--from", "10", "--limit", "2")).toEqual([10, 11]);
  const { out } = run(directory, "show", ONE);
  expect(out).toMatch(/^text 0\b/);
  expect(out).toContain("30 messages before");
  expect(run(directory, "show", ONE, "--all", "--last", "3")).toMatchObject({ code: 2 });
});

test("show: what stands beside the conversation does not push it out of sight", async () => {
  await using store = new SessionStore(directory);
  const noise = Array.from({ length: 300 }, () =>
    Message.from({ role: "claude-code:progress", content: {} }),
  );
  const call = Message.toolCalls([{ id: "1", name: "fs:read", arguments: { path: "a.txt" } }]);
  const result = Message.toolResult({ callId: "1", content: "line\n".repeat(100) });
  const parts = Message.parts("user", [
    { type: "image", data: "AAAA".repeat(4000), media_type: "image/png" },
  ]);
  await store.save(new AgentSession({ id: ONE, messages: [parts, call, result, ...noise] }));
  const { out } = run(directory, "show", ONE, "--last", "2");
  expect(out).toContain("→ fs:read a.txt");
  expect(out).toContain("\n      line\n");
  expect(out).toContain("96 more lines");
  expect(out).toContain("300 notes of programs left out");
  expect(out).not.toContain("image/png");
  expect(run(directory, "show", ONE, "--all").out).toContain("[image/png] 12 kB");
});

test("show: a message behind the end is not found; from the end on there is nothing yet", async () => {
  await save(ONE, null, ["a", "b"]);
  const none = {
    code: 3,
    out: "",
    err: expect.stringContaining(
      "There is no message 900: the session has 2 messages, the last is #1.",
    ) as string,
  };
  expect(run(directory, "show", ONE, "--from", "900")).toMatchObject(none);
  expect(run(directory, "show", `${ONE}:900`)).toMatchObject(none);
  expect(run(directory, "show", `${ONE}:900`, "--json")).toMatchObject(none);
  expect(run(directory, "show", `${ONE}:900`, "--json", "--budget", "4000")).toMatchObject(none);
  expect(run(directory, "show", `${ONE}:2`)).toMatchObject({ code: 3 });
  // Whoever asks again and again for what is new goes on from the end.
  const onwards = run(directory, "show", ONE, "--from", "2", "--json");
  expect(onwards.code).toBe(0);
  expect(onwards.out.trimEnd().split("\n")).toHaveLength(1);
});

test("import: files and directories, again, and bad ones beside good ones", () => {
  const files = fileURLToPath(new URL("../fixtures/claude-code", import.meta.url));
  const bad = join(base, "bad");
  mkdirSync(bad);
  writeFileSync(join(bad, "empty.jsonl"), "");
  writeFileSync(join(bad, "notes.txt"), "nothing to see");
  const { err } = run(directory, "import", fixture("glued.jsonl"));
  expect(err).toMatch(/line 2 \(byte \d+\): a record is cut off; 1 record taken/);
  expect(err).toContain(", 5 places to look at");
  expect(run(directory, "rm", "--permanent", "9999")).toMatchObject({ code: 0 });
  const first = runJson(directory, "import", files, bad, join(base, "missing"));
  expect(first.code).toBe(4);
  expect(first.json.files.map(({ outcome }) => outcome)).toEqual(["created", "created", "created"]);
  expect(first.json.files).toMatchObject([
    {},
    { problemCount: 5, lossy: true },
    { problemCount: 0, lossy: false },
  ]);
  expect(first.json.failed).toMatchObject([
    { path: join(bad, "empty.jsonl") },
    { path: join(base, "missing") },
  ]);
  expect(first.json.passedOver).toBe(1);

  expect(run(directory, "import", fixture("session.jsonl"))).toMatchObject({ code: 0 });
  const again = run(directory, "import", files);
  expect(again).toMatchObject({ code: 4 });
  expect(again.err).toContain("0 created, 3 unchanged");
  expect(run(directory, "import", join(bad, "notes.txt"))).toMatchObject({ code: 4 });
  expect(run(directory, "import")).toMatchObject({ code: 2 });
});

test("rm moves to the trash, restore brings back, permanent does not", async () => {
  await save(ONE, "First", ["x"]);
  await save(TWO, "Second", ["x"]);
  expect(run(directory, "rm", "aaaa1", "cccc")).toMatchObject({ code: 3 });
  expect(run(directory, "rm", "latest")).toMatchObject({ code: 2 });
  expect(runJson(directory, "list").json.sessions).toHaveLength(2);

  expect(run(directory, "rm", "aaaa1")).toMatchObject({ code: 0, out: expect.stringContaining("First") });
  expect(runJson(directory, "trash").json.sessions).toMatchObject([{ id: ONE, title: "First" }]);
  expect(run(directory, "trash").out).toContain("First");
  expect(run(directory, "restore", "aaaa1")).toMatchObject({ code: 0 });
  expect(run(directory, "restore", "aaaa1")).toMatchObject({ code: 3 });
  expect(runJson(directory, "list").json.sessions).toHaveLength(2);

  expect(runJson(directory, "rm", ONE, ONE, "--permanent").json).toMatchObject({
    removed: [{ id: ONE }],
    trash: false,
  });
  expect(runJson(directory, "trash", "list").json.sessions).toEqual([]);
  run(directory, "rm", TWO);
  expect(runJson(directory, "trash", "empty", "--older-than", "1d").json).toEqual({ removed: 0 });
  expect(runJson(directory, "trash", "empty").json).toEqual({ removed: 1 });
});

test("doctor finds damage, repairs it, and then finds none", async () => {
  await save(ONE, "Good", ["x"]);
  await save(TWO, "Torn", ["x", "y"]);
  expect(run(directory, "doctor")).toMatchObject({ code: 0, out: "2 sessions: 2 ok.\n" });
  appendFileSync(join(directory, `${TWO}.journal.jsonl`), '{"r":2,"cut o');
  const found = runJson(directory, "doctor");
  expect(found.code).toBe(4);
  expect(found.json).toMatchObject({ ok: 1, sessions: [{ id: TWO }] });
  expect(run(directory, "doctor", "--repair")).toMatchObject({
    code: 0,
    out: expect.stringContaining("repaired"),
  });
  expect(run(directory, "doctor")).toMatchObject({ code: 0 });
  expect(run(directory, "show", TWO).out).toContain("y");
});

test("checkpoint writes the document", async () => {
  await save(ONE, "First", ["x"]);
  rmSync(join(directory, `${TWO}.json`), { force: true });
  expect(runJson(directory, "checkpoint", "aaaa").json).toEqual({ id: ONE, revision: 1 });
  expect(readdirSync(directory)).toContain(`${ONE}.json`);
});

test("usage: help, version, errors", () => {
  expect(run(directory, "--help")).toMatchObject({ code: 0, err: "" });
  expect(run(directory, "--version").out).toMatch(/^\d+\.\d+\.\d+/);
  for (const command of [
    "list",
    "show",
    "import",
    "rm",
    "restore",
    "trash",
    "cleanup",
    "doctor",
    "checkpoint",
    "path",
  ]) {
    const { code, out } = run(directory, command, "--help");
    expect([code, out]).toEqual([0, expect.stringMatching(/Examples?:\n/)]);
  }
  expect(run(directory)).toMatchObject({ code: 2 });
  expect(run(directory, "lst")).toMatchObject({ code: 2, err: expect.stringContaining("list") });
  expect(run(directory, "list", "--bogus")).toMatchObject({ code: 2 });
  expect(runJson(directory, "list", "--order", "size")).toMatchObject({
    code: 2,
    json: { error: { code: "USAGE" } },
  });
});

test("a store that cannot be used is a typed error", () => {
  writeFileSync(directory, "a file");
  expect(runJson(directory, "list").json.error.code).toBe("STORE_NOT_A_DIRECTORY");
  expect(run(directory, "list")).toMatchObject({ code: 1 });
});

test("a reader that goes away ends the command quietly", async () => {
  await save(
    ONE,
    null,
    Array.from({ length: 3000 }, (_, index) => `${index} ${"x".repeat(200)}`),
  );
  const child = new Child([COMMAND, "--store", directory, "show", ONE, "--all"]);
  await child.printed(1);
  child.process.stdout.destroy();
  expect([await child.ended, child.errors]).toEqual([{ code: 0, signal: null }, ""]);
});

test("what makes no sense is named, and the help that is pointed to is the command's own", () => {
  const directory = temporaryDirectory();
  const cases: [args: string[], message: string][] = [
    [["help", "unheard"], 'There is no command "unheard".\nSee "astrid-sessions --help".'],
    [["unheard"], "unknown command 'unheard'\nSee \"astrid-sessions --help\"."],
    [["list", "--unheard"], "unknown option '--unheard'\nSee \"astrid-sessions list --help\"."],
    [["show"], "missing required argument 'session'\nSee \"astrid-sessions show --help\"."],
    [
      ["trash", "empty", "--unheard"],
      "unknown option '--unheard'\nSee \"astrid-sessions trash empty --help\".",
    ],
    [["export", "latest", "--format", "x"], 'See "astrid-sessions export --help".'],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = run(directory, ...args);
    expect([code, out], args.join(" ")).toEqual([2, ""]);
    expect(err, args.join(" ")).toContain(message);
  }
  expect(run(directory, "help", "ls")).toMatchObject({ code: 0, out: expect.stringContaining("list|ls") });
  expect(run(directory, "help")).toMatchObject({ code: 0, out: expect.stringContaining("help [command]") });
  expect(run(directory)).toMatchObject({ code: 2 });
});

test("a session without a title is listed with the beginning of its last message", async () => {
  const directory = temporaryDirectory();
  {
    await using store = new SessionStore(directory);
    await store.save(new AgentSession({ messages: [Message.user("Where is the lighthouse?")] }));
  }
  expect(run(directory, "list").out).toContain("Where is the lighthouse?");
});
