import { expect, test } from "vitest";
import { importPlace } from "./place.ts";

const place = importPlace();
const ID = "faff42ab-6ea5-4f78-b8c4-f7dd6272af08";

test("qwen: parts in Claude Code's envelope; thoughts, calls, results, a rewind, tokens", async () => {
  const record = (
    uuid: string,
    parentUuid: string | null,
    type: string,
    parts: object[],
    fields: object = {},
  ): object => ({
    ...{ uuid, parentUuid, sessionId: ID, timestamp: "2026-01-10T02:08:26.108Z", type, cwd: "/p", ...fields },
    message: { role: type === "user" ? "user" : "model", parts },
  });
  const usageMetadata = {
    promptTokenCount: 100,
    cachedContentTokenCount: 40,
    candidatesTokenCount: 10,
    thoughtsTokenCount: 5,
  };
  const { session } = await place.read([
    record("a", null, "user", [{ text: "hello" }]),
    record(
      "b",
      "a",
      "assistant",
      [{ text: "hm", thought: true }, { functionCall: { id: "c1", name: "ls", args: { p: 1 } } }],
      { model: "q", usageMetadata },
    ),
    record("c", "b", "tool_result", [
      { functionResponse: { id: "c1", name: "ls", response: { error: "no" } } },
    ]),
    record("wrong", "c", "user", [{ text: "wrong" }]),
    record("d", "c", "user", [{ text: "right" }]),
    {
      uuid: "s",
      parentUuid: "d",
      sessionId: ID,
      type: "system",
      subtype: "ui_telemetry",
      timestamp: "2026-01-10T02:09:26.108Z",
    },
  ]);
  expect(session).toMatchObject({
    ...{ id: ID, model: "q", workspacePath: "/p" },
    metadata: { title: "hello", turnCount: 2, toolCallCount: 1, custom: { source: "qwen" } },
    extra: { usage: { tokens: [["2026-01-10T02", "q", 60, 15, 40, 0, 5]] } },
  });
  expect(session.messages.map(({ content }) => content)).toEqual([
    [{ type: "text", text: "hello" }],
    [
      { type: "thinking", thinking: "hm" },
      { type: "tool_use", id: "c1", name: "ls", input: { p: 1 } },
    ],
    [{ type: "tool_result", tool_use_id: "c1", content: "no", is_error: true }],
    [{ type: "text", text: "right" }],
  ]);
});

test("kimi: the messages of a context, under the name of its folder", async () => {
  const call = { id: "c1", type: "function", function: { name: "Shell", arguments: "{}" } };
  const { session } = await place.read(
    [
      { role: "_checkpoint", id: 0 },
      { role: "user", content: "hello" },
      {
        role: "assistant",
        content: [
          { type: "think", think: "hm" },
          { type: "text", text: "ok" },
        ],
        tool_calls: [call],
      },
      { role: "tool", content: "done", tool_call_id: "c1" },
      { role: "_usage", token_count: 5 },
    ],
    `sessions/0123/${ID}/context.jsonl`,
  );
  expect(session).toMatchObject({ id: ID, metadata: { title: "hello", turnCount: 1, toolCallCount: 1 } });
  expect(session.messages.map(({ content }) => content)).toEqual([
    "hello",
    [{ type: "thinking", thinking: "hm" }, { type: "text", text: "ok" }, call],
    [{ type: "tool_result", tool_use_id: "c1", content: "done" }],
  ]);
});

test("cline: a document that is rewritten whole, with what a person asked in a tag", async () => {
  const messages = [
    {
      role: "user",
      content: [
        { type: "text", text: "<task>\nfix it\n</task>" },
        { type: "text", text: "<environment_details>x</environment_details>" },
      ],
      ts: 1768010906108,
    },
    { role: "assistant", content: [{ type: "tool_use", id: "c", name: "read", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "c", content: "ok" }] },
  ];
  const path = `sessions/${ID}/${ID}.messages.json`;
  const { session } = await place.read(JSON.stringify({ messages }), path);
  expect(session).toMatchObject({
    ...{ id: ID, createdAt: "2026-01-10T02:08:26.108Z" },
    metadata: { title: "fix it", turnCount: 1, toolCallCount: 1, custom: { source: "cline" } },
  });
  const { result } = await place.read(
    JSON.stringify({ messages: [...messages, { role: "assistant", content: "done" }] }),
    path,
  );
  expect(result).toMatchObject({ sessionId: ID, outcome: "rewritten", messagesAdded: 1 });
});
