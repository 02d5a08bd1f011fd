import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claudeCode } from "../../src/importers/claude-code/claude-code.ts";
import { recordFromMessage } from "../../src/importers/claude-code/record.ts";
import { fixture, jsonLines, readAll } from "./read.ts";

const SESSION = "11111111-2222-4333-8444-555555555555";
let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "astrid-import-"));
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function file(content: string | Buffer, name = "file"): string {
  const path = join(base, name);
  writeFileSync(path, content);
  return path;
}

function turn(fields: object, text = "hello"): string {
  return JSON.stringify({
    type: "user",
    message: { role: "user", content: text },
    sessionId: SESSION,
    ...fields,
  });
}

test("a turn keeps its role and its content, and every record comes back deep-equal", async () => {
  const { messages } = await readAll(claudeCode, fixture("session.jsonl"));
  expect(messages.map(recordFromMessage)).toEqual(jsonLines(fixture("session.jsonl")));
  expect(messages.map(({ role }) => role)).toEqual([
    "claude-code:summary",
    "claude-code:file-history-snapshot",
    "user",
    "assistant",
    "claude-code:progress",
    "user",
    "assistant",
  ]);
  expect(messages[2]).toMatchObject({
    content: "Why does the build fail?",
    id: "00000000-0000-4000-8000-000000000001",
    at: "2026-01-05T09:00:00.123Z",
  });
  expect(messages[5]?.content).toMatchObject([{ type: "tool_result", is_error: true }]);
});

test("records in odd shapes come back deep-equal", async () => {
  const lines = [
    turn({ uuid: 7, timestamp: "yesterday" }),
    turn({ timestamp: null, record: { message: 1 }, id: "own", at: "own", role: "own", content: "own" }),
    turn({ message: { role: 3, content: "no role" } }),
    turn({ message: { role: "user" } }),
    turn({ message: { role: "user", content: null, id: "m" } }),
    turn({ uuid: "", message: { content: { deep: [-0.5, 1e-7, "\ud800", "é"] }, role: "strange" } }),
    '{"__proto__":{"x":1},"sessionId":"s","type":"user","message":{"__proto__":2,"role":"user","content":{"__proto__":[]}}}',
    '{"type":5,"sessionId":"s"}',
    '{"sessionId":"s"}',
    "{}",
  ];
  const path = file(lines.join("\n"));
  const { messages, problems } = await readAll(claudeCode, path);
  expect(problems).toEqual([]);
  expect(messages.map(recordFromMessage)).toStrictEqual(jsonLines(path));
});

test("the head comes from the records", async () => {
  const { session, end } = await readAll(claudeCode, fixture("session.jsonl"));
  expect(session.id).toBe(SESSION);
  expect(session.head).toMatchObject({
    createdAt: "2026-01-05T09:00:00.123Z",
    workspacePath: "/home/dev/project",
    parentId: null,
    custom: { source: "claude-code" },
  });
  expect(end.changes).toEqual({
    title: "Why does the build fail?",
    model: "example-model-2",
    gitState: { branch: "fix", commit: null },
    turnCount: 1,
    toolCallCount: 1,
  });
});

test("a sub-agent's file is a session of its own, with its parent", async () => {
  const { session } = await readAll(claudeCode, fixture("agent.jsonl"));
  expect(session.id).not.toBe(SESSION);
  expect(session.head.parentId).toBe(SESSION);

  const folder = join(base, SESSION, "subagents");
  mkdirSync(folder, { recursive: true });
  const named = join(folder, "agent-a0b1c2d3.jsonl");
  writeFileSync(named, turn({ sessionId: "agent-a0b1c2d3", agentId: "a0b1c2d3", isSidechain: true }));
  expect((await readAll(claudeCode, named)).session.head.parentId).toBe(SESSION);
  copyFileSync(named, join(base, "elsewhere.jsonl"));
  expect((await readAll(claudeCode, join(base, "elsewhere.jsonl"))).session.head.parentId).toBeNull();
});

test.each([
  ["an id in capitals", SESSION.toUpperCase(), SESSION],
  ["a name of another kind", "my session", expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8/)],
  ["nothing", undefined, expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8/)],
])("the session id from %s is the same each time", async (_what, sessionId, expected) => {
  const path = file(turn({ sessionId }));
  const first = await readAll(claudeCode, path);
  expect(first.session.id).toEqual(expected);
  expect((await readAll(claudeCode, path)).session.id).toBe(first.session.id);
});

test("the best title wins, and the others are remembered", async () => {
  const title = async (...lines: string[]): Promise<[string | null | undefined, readonly string[]]> => {
    const { end } = await readAll(claudeCode, file(lines.join("\n")));
    return [end.changes.title, end.formerTitles];
  };
  const prompt = turn({ uuid: "u1" }, "  the\nprompt\u001b[31m ");
  const summary = '{"type":"summary","summary":"the summary","leafUuid":"u1"}';
  const generated = `{"type":"ai-title","sessionId":"${SESSION}","aiTitle":"generated"}`;
  const custom = `{"type":"custom-title","sessionId":"${SESSION}","customTitle":"custom"}`;
  expect(await title(prompt)).toEqual(["the prompt [31m", []]);
  expect(await title(prompt, summary)).toEqual(["the summary", ["the prompt [31m"]]);
  expect(await title(summary, prompt)).toEqual(["the summary", []]);
  expect(await title(custom, prompt, generated, summary)).toEqual(["custom", []]);
  expect(await title(generated, prompt)).toEqual(["generated", []]);
  expect(await title(turn({ isMeta: true }), turn({}, "<command-name>/clear</command-name>"))).toEqual([
    null,
    [],
  ]);
  expect((await title(turn({}, "x".repeat(500))))[0]).toHaveLength(100);
});

test("malformed lines are told with their place, and what can be read of them is kept", async () => {
  const path = fixture("glued.jsonl");
  const { messages, problems } = await readAll(claudeCode, path);
  expect(messages.map(({ content }) => content)).toEqual(["one", 'two {"type":"user"}', "three", "four"]);
  expect(problems).toMatchObject([
    { line: 1, offset: 0, reason: "records glued together", salvaged: 2, lost: false },
    { line: 2, reason: "a record is cut off", salvaged: 1, lost: true },
    { line: 3, reason: "not JSON", salvaged: 0, lost: true },
    { line: 4, reason: "JSON, but not a record", salvaged: 0, lost: true },
    { line: 6, reason: "not JSON", salvaged: 0, lost: true },
  ]);
});

test("zero bytes, a cut end, broken UTF-8, a byte order mark and carriage returns", async () => {
  const path = file(
    Buffer.concat([
      Buffer.from(`\ufeff${turn({ uuid: "a" })}\r\n`),
      Buffer.alloc(100),
      Buffer.from(`${turn({ uuid: "b" })}\n`),
      Buffer.alloc(100),
      Buffer.from(`\n${turn({ uuid: "c" }, "already \ufffd")}\n${turn({ uuid: "d" }, "\u2028")}`),
      Buffer.from("\n"),
      Buffer.from(turn({ uuid: "e" }, "Z")).map((byte) => (byte === 0x5a ? 0xff : byte)),
      Buffer.from('\n{"sessionId":"s","type":"us'),
    ]),
  );
  const { messages, problems } = await readAll(claudeCode, path);
  expect(messages.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e"]);
  expect(problems.map(({ line, reason, salvaged, lost }) => [line, reason, salvaged, lost])).toEqual([
    [2, "stray zero bytes", 1, false],
    [3, "filled with zero bytes", 0, true],
    [6, "not valid UTF-8", 1, true],
    [7, "cut off at the end of the file", 0, true],
  ]);
});

test("a cut record full of brackets takes time in proportion to its length", async () => {
  const processorTime = async (brackets: number): Promise<number> => {
    const path = file(
      `${turn({})}\n{"sessionId":"s","x":"${'{\\"a\\":'.repeat(10)}${'{"a":'.repeat(brackets)}`,
    );
    const before = process.cpuUsage();
    const { problems } = await readAll(claudeCode, path);
    const { user, system } = process.cpuUsage(before);
    expect(problems).toHaveLength(1);
    return user + system;
  };
  // The first one pays for what is done once.
  await processorTime(30_000);
  const short = await processorTime(30_000);
  // Ten times as long: about ten times the time, and a hundred times if each bracket looked at all that follow.
  expect(await processorTime(300_000)).toBeLessThan(50 * short);
});

test("other agents' files are not taken for Claude Code's", async () => {
  const others = [
    '{"type":"session","id":"d703a1a9-1b7b-4fb1-b512-c9738b1fe617","cwd":"/x"}\n{"type":"message","message":{"role":"user","content":[]}}',
    '{"timestamp":"2026-01-05T09:00:00.000Z","type":"session_meta","payload":{"id":"x"}}',
    '{"type":"user","content":"x"}',
    "{}",
    "",
    "hello",
  ];
  for (const other of others) expect(await claudeCode.recognises(file(other))).toBe(false);
  expect(await claudeCode.recognises(fixture("session.jsonl"))).toBe(true);
  expect(await claudeCode.recognises(fixture("glued.jsonl"))).toBe(true);
});
