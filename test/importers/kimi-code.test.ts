import { expect, test } from "vitest";
import { derivedSessionId } from "../../src/importers/identity.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();
const ID = "faff42ab-6ea5-4f78-b8c4-f7dd6272af08";
const T0 = Date.parse("2026-01-10T02:00:00.000Z");
const MAIN = `sessions/wd_p_0123456789ab/session_${ID}/agents/main/wire.jsonl`;
const HEADER = { type: "metadata", protocol_version: "1.4", created_at: T0 };

let now = T0;
const record = (type: string, fields: object = {}): object => ({ type, ...fields, time: (now += 1000) });
const event = (type: string, fields: object = {}): object =>
  record("context.append_loop_event", { event: { type, stepUuid: "s", ...fields } });
const user = (text: string, kind = "user"): object =>
  record("context.append_message", {
    message: { role: "user", content: [{ type: "text", text }], toolCalls: [], origin: { kind } },
  });
const answer = (text: string, fields: object = {}): object[] => [
  event("step.begin", { uuid: "s" }),
  event("content.part", { part: { type: "text", text } }),
  event("step.end", { uuid: "s", ...fields }),
];

test("a prompt, thoughts, a call and its result, what is said meanwhile, tokens", async () => {
  now = T0;
  const { result, session } = await place.read(
    [
      HEADER,
      record("config.update", { cwd: "/p", modelAlias: "kimi-1", systemPrompt: "Help." }),
      record("turn.prompt", { input: [{ type: "text", text: "Fix it" }], origin: { kind: "user" } }),
      user("Fix it"),
      user("<system-reminder>x</system-reminder>", "injection"),
      event("step.begin", { uuid: "s" }),
      event("content.part", { part: { type: "think", think: "hm" } }),
      event("tool.call", { toolCallId: "c1", name: "Shell", args: { c: "ls" } }),
      record("usage.record", {
        model: "kimi-1",
        usage: { inputOther: 7, output: 3, inputCacheRead: 5, inputCacheCreation: 1 },
      }),
      event("step.end", {
        uuid: "s",
        usage: { inputOther: 7, output: 3, inputCacheRead: 5, inputCacheCreation: 1 },
      }),
      user("and quickly"),
      event("tool.result", { toolCallId: "c1", result: { output: "denied", isError: true } }),
      ...answer("done"),
      record("brand.new"),
      record("brand.new"),
      record("goal.create", { goalId: "g" }),
    ],
    MAIN,
  );
  expect(result).toMatchObject({ format: "kimi-code", problemCount: 1, lossy: false });
  expect(session).toMatchObject({
    ...{
      id: ID,
      model: "kimi-1",
      workspacePath: "/p",
      systemPrompt: "Help.",
      createdAt: "2026-01-10T02:00:00.000Z",
    },
    metadata: { title: "Fix it", turnCount: 2, toolCallCount: 1, custom: { source: "kimi-code" } },
    extra: { usage: { tokens: [["2026-01-10T02", "kimi-1", 7, 3, 5, 1, 0]] } },
  });
  expect(told(session.messages)).toEqual([
    "user: Fix it",
    "user (meta): <system-reminder>x</system-reminder>",
    expect.stringMatching(/^assistant: .*hm.* \| call c1$/) as string,
    "tool: result c1",
    "user: and quickly",
    "assistant: done",
  ]);
  expect(session.messages[2]).toMatchObject({
    id: "s",
    usage: { input: 7, output: 3, cache_read: 5, cache_write: 1 },
  });
});

test("a sub-agent's session stands under its parent; tokens that only the steps tell; a file that grows", async () => {
  now = T0;
  const lines = [HEADER, user("Look around"), ...answer("found", { usage: { inputOther: 2, output: 1 } })];
  const path = MAIN.replace("main", "agent-0");
  const { session } = await place.read(lines, path);
  expect(session).toMatchObject({
    ...{ id: derivedSessionId("kimi-code", "agent", `session_${ID}`, "agent-0"), parentId: ID },
    extra: { usage: { tokens: [["2026-01-10T02", "", 2, 1, 0, 0, 0]] } },
  });
  const { result, messages } = await place.read([...lines, user("go on"), ...answer("more")], path);
  expect(result).toMatchObject({ outcome: "extended", messagesAdded: 2 });
  expect(told(messages).slice(2)).toEqual(["user: go on", "assistant: more"]);
});

test("prompts that are taken back, a summary that keeps the last messages, a context that is cleared", async () => {
  now = T0;
  const compaction = { summary: "in short", compactedCount: 2, tokensBefore: 9, tokensAfter: 3 };
  const { session } = await place.read(
    [
      HEADER,
      ...[user("a"), ...answer("b"), user("wrong"), ...answer("wrong too")],
      record("context.undo", { count: 1 }),
      ...[user("c"), ...answer("d")],
      record("context.apply_compaction", compaction),
      user("e"),
    ],
    MAIN,
  );
  expect(told(session.messages)).toEqual([
    "user: a",
    "assistant: b",
    "user: c",
    "assistant: d",
    "user (meta): in short",
    "user: e",
  ]);
  expect(told(session.context())).toEqual(["user (meta): in short", "user: c", "assistant: d", "user: e"]);
  const cleared = await place.read(
    [HEADER, user("a"), record("context.clear"), user("b")],
    MAIN.replace(ID, ID.replace("f", "e")),
  );
  expect(told(cleared.session.context()).slice(1)).toEqual(["user: b"]);
});

test("odd files: two records on a line, half a line, a step that never began, Kimi CLI's file of the same name", async () => {
  now = T0;
  const glued = `${JSON.stringify(HEADER)}\n${JSON.stringify(user("a"))}${JSON.stringify(user("b"))}\n`;
  const orphan = `${JSON.stringify(event("content.part", { part: { type: "text", text: "c" } }))}\n`;
  const half = JSON.stringify(user("d")).slice(0, 40);
  const { result, session, messages } = await place.read(glued + orphan + half, MAIN);
  expect(result).toMatchObject({ problemCount: 1, lossy: false });
  expect(told(messages)).toEqual(["user: a", "user: b", "assistant: c"]);
  expect((await place.original(session.id)).toString()).toBe(glued + orphan + half);
  const old = [
    { type: "metadata", protocol_version: "1.1" },
    { timestamp: 1, message: { type: "TurnBegin", payload: {} } },
  ];
  const path = place.file(old, "sessions/0123/abc/wire.jsonl");
  await expect(place.import(path)).rejects.toMatchObject({ detail: "it is no transcript of a known format" });
  expect(await place.read([HEADER], MAIN.replace(ID, "nobody"))).toMatchObject({ messages: [] });
});
