import { expect, test } from "vitest";
import { importPlace } from "./place.ts";

const place = importPlace();
const ID = "faff42ab-6ea5-4f78-b8c4-f7dd6272af08";

test("copilot: events become turns, and a sub-agent's are a session of its own", async () => {
  const event = (type: string, data: object, id: string): object => ({
    type,
    data,
    id,
    timestamp: "2025-12-18T21:32:04.182Z",
    parentId: null,
  });
  const { result, session, messages } = await place.read([
    event(
      "session.start",
      { sessionId: ID, selectedModel: "auto", context: { cwd: "/p", branch: "main", headCommit: "abc" } },
      "e1",
    ),
    event("session.model_change", { newModel: "gpt" }, "e2"),
    event("system.message", { content: "you are" }, "e3"),
    event("user.message", { content: "List the files" }, "e4"),
    event("assistant.reasoning", { content: "hm" }, "e5"),
    event(
      "assistant.message",
      {
        content: "Listing.",
        toolRequests: [{ toolCallId: "c1", name: "shell", arguments: { command: "ls" } }],
      },
      "e6",
    ),
    event("tool.execution_start", { toolCallId: "c1" }, "e7"),
    event("assistant.message", { content: "in the agent", parentToolCallId: "c1" }, "e8"),
    event("tool.execution_complete", { toolCallId: "c1", success: false, error: { message: "no" } }, "e9"),
    event(
      "session.shutdown",
      {
        modelMetrics: {
          gpt: { usage: { inputTokens: 10, outputTokens: 2, cacheReadTokens: 4, cacheWriteTokens: 1 } },
        },
      },
      "e10",
    ),
  ]);
  expect(messages.map(({ content }) => content)).toEqual([
    "List the files",
    [
      { type: "thinking", thinking: "hm" },
      { type: "text", text: "Listing." },
      { type: "tool_use", id: "c1", name: "shell", input: { command: "ls" } },
    ],
    [{ type: "tool_result", tool_use_id: "c1", content: "no", is_error: true }],
  ]);
  expect(session).toMatchObject({
    ...{ id: ID, model: "gpt", workspacePath: "/p", gitState: { branch: "main", commit: "abc" } },
    extra: { usage: { tokens: [["2025-12-18T21", "gpt", 6, 2, 4, 1, 0]] } },
  });
  const child = await place.session(result.others[0]?.sessionId ?? "");
  expect(child).toMatchObject({ parentId: ID, metadata: { custom: { parent_call: "c1" } } });
});

test("swe-agent: the history, with the demonstration marked", async () => {
  const document = {
    trajectory: [{ action: "ls", observation: "x", state: '{"working_dir": "/testbed"}' }],
    history: [
      { role: "system", content: "SETTING" },
      { role: "user", content: "a demonstration", is_demo: true },
      { role: "user", content: "Fix the issue" },
      { role: "assistant", content: "I look", action: "ls" },
      { role: "user", content: "x" },
    ],
    info: {
      exit_status: "submitted",
      model_stats: { tokens_sent: 100, tokens_received: 7, instance_cost: 1.5 },
    },
  };
  const { session } = await place.read(JSON.stringify(document), "x.traj");
  expect(session).toMatchObject({
    ...{ systemPrompt: "SETTING", workspacePath: "/testbed" },
    metadata: {
      title: "Fix the issue",
      turnCount: 1,
      toolCallCount: 1,
      custom: { source: "swe-agent", exit_status: "submitted" },
    },
  });
  expect(session.messages.map(({ meta }) => meta ?? false)).toEqual([true, true, false, false, true]);
  expect(session.extra["usage"]).toMatchObject({ cost_usd: 1.5 });
});

test("openai chat: a document, messages as lines, conversations as lines; only when it is named", async () => {
  const messages = [
    { role: "system", content: "be brief" },
    { role: "user", content: "hi" },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "c", content: "ok" },
  ];
  for (const content of [JSON.stringify({ model: "m", messages }), messages]) {
    const { session } = await place.read(content, "chat.json");
    expect(session).toMatchObject({
      systemPrompt: "be brief",
      metadata: { title: "hi", turnCount: 1, toolCallCount: 1 },
    });
    expect(session.messages).toMatchObject(messages);
  }
  const { result } = await place.read(
    [{ messages }, { messages: [{ role: "user", content: "another" }] }],
    "many.jsonl",
  );
  expect(result.others).toHaveLength(1);
  const { ImportRun } = await import("../../src/importers/import.ts");
  expect(await new ImportRun(place.store).anyFile(place.file(messages, "in-a-folder.jsonl"))).toBeUndefined();
});
