import { expect, test } from "vitest";
import { importPlace } from "./place.ts";

const place = importPlace();
const G = "faff42ab-6ea5-4f78-b8c4-f7dd6272af08";
const header = {
  sessionId: G,
  projectHash: "7e",
  startTime: "2026-01-10T02:08:26.108Z",
  lastUpdated: "2026-01-10T02:08:26.108Z",
};
const gUser = (id: string, text: string): object => ({
  id,
  timestamp: "2026-01-10T02:08:26.108Z",
  type: "user",
  content: [{ text }],
});
const gAnswer = (id: string, fields: object = {}): object => ({
  ...{ id, timestamp: "2026-01-10T02:08:35.661Z", type: "gemini", content: `answer ${id}`, model: "gem" },
  tokens: { input: 100, output: 10, cached: 40, thoughts: 5, tool: 0, total: 115 },
  ...fields,
});
const toolCalls = [
  {
    id: "t1",
    name: "write_file",
    args: { p: 1 },
    status: "error",
    result: [{ functionResponse: { response: { error: "no" } } }],
  },
];

test("gemini: a document, then the same session as lines, which take its place", async () => {
  const messages = [
    gUser("u1", "hello"),
    gAnswer("a1", { toolCalls, thoughts: [{ subject: "S", description: "D" }] }),
    { id: "i", timestamp: "x", type: "info", content: "noise" },
  ];
  const document = JSON.stringify({ ...header, messages }, undefined, 2);
  const path = place.file(document, "chats/session-x.json");
  const { sessionId } = await place.import(path);
  const session = await place.session(sessionId);
  expect(session).toMatchObject({
    ...{ id: G, model: "gem", metadata: { turnCount: 1, toolCallCount: 1, title: "hello" } },
    extra: { usage: { tokens: [["2026-01-10T02", "gem", 60, 15, 40, 0, 5]] } },
  });
  expect(session.messages.map(({ content }) => content)).toEqual([
    [{ text: "hello" }],
    [
      { type: "thinking", thinking: "S: D" },
      { type: "text", text: "answer a1" },
      { type: "tool_use", id: "t1", name: "write_file", input: { p: 1 } },
    ],
    [{ type: "tool_result", tool_use_id: "t1", content: "no", is_error: true }],
  ]);
  expect((await place.original(G)).toString()).toBe(document);

  const lines = place.file(
    [
      header,
      ...messages,
      gUser("u2", "wrong"),
      gAnswer("a2"),
      { $rewindTo: "u2" },
      gUser("u3", "right"),
      { $set: { summary: "A summary" } },
    ],
    "chats/session-x.jsonl",
  );
  expect(await place.import(lines)).toMatchObject({ sessionId: G, outcome: "rewritten" });
  const after = await place.session(G);
  expect(after.metadata.title).toBe("A summary");
  expect(after.messages.map(({ id }) => id)).toEqual(["u1", "a1", undefined, "u3"]);
  expect(await place.import(path)).toMatchObject({ sessionId: G, outcome: "unchanged" });
  expect((await place.original(G, 1)).toString()).toBe(document);
});

test("gemini: a message that is told again with more in it takes its own place, a whole list takes all", async () => {
  const { session } = await place.read([
    header,
    gUser("u1", "hi"),
    gAnswer("a1"),
    gAnswer("a1", { toolCalls }),
    { $set: { lastUpdated: "x" } },
  ]);
  expect(session.messages).toHaveLength(3);
  expect(session.metadata.toolCallCount).toBe(1);
  const path = place.file([header, gUser("u1", "hi"), { $set: { messages: [gUser("u9", "other")] } }]);
  await place.import(path);
  expect((await place.session(G)).messages.map(({ id }) => id)).toEqual(["u9"]);
});
