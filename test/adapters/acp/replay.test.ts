import type { SessionUpdate } from "@agentclientprotocol/sdk";
import { AIMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { toolKind } from "../../../src/adapters/acp/tool-kind.ts";
import { AgentSession, Message, SessionStore } from "../../../src/index.ts";
import type { Json } from "../../../src/session/json/json.ts";
import { asClient } from "./in-process.ts";

/** What an editor is told of a session with these messages. */
async function told(...messages: readonly Message[]): Promise<SessionUpdate[]> {
  await using store = new SessionStore("memory:");
  const session = new AgentSession({ workspacePath: "/w", messages });
  await store.save(session);
  return await asClient(store, async (agent, updates) => {
    await agent.request("session/load", { sessionId: session.id, cwd: "/w", mcpServers: [] });
    return updates.map(({ update }) => update);
  });
}

const item = (content: unknown): Message =>
  Message.from({ role: "assistant", content: JSON.parse(JSON.stringify(content)) as Json });

const text = (update: SessionUpdate | undefined): string =>
  update !== undefined &&
  "content" in update &&
  !Array.isArray(update.content) &&
  update.content?.type === "text"
    ? update.content.text
    : "";

test("a call is told once, with its kind, in its place; OpenAI's arguments as a value", async () => {
  const updates = await told(
    item(
      new AIMessage({
        content: [
          { type: "text", text: "I look." },
          { type: "tool_use", id: "c1", name: "read_file", input: {} },
        ],
        tool_calls: [{ id: "c1", name: "read_file", args: { path: "a.ts" } }],
      }),
    ),
    item({ type: "shell_call", callId: "c2", action: { commands: ["ls"] } }),
    item({ type: "function_call", callId: "c3", name: "fetch_page", arguments: '{"url":"https://x"}' }),
  );
  expect(updates.slice(0, 4)).toMatchObject([
    { sessionUpdate: "agent_message_chunk", content: { text: "I look." } },
    { sessionUpdate: "tool_call", toolCallId: "c1", kind: "read", rawInput: { path: "a.ts" } },
    { sessionUpdate: "tool_call", toolCallId: "c2", kind: "execute", rawInput: { commands: ["ls"] } },
    { sessionUpdate: "tool_call", toolCallId: "c3", kind: "fetch", rawInput: { url: "https://x" } },
  ]);
});

test("no call stays pending that nobody runs: denied, interrupted; one that waits for an answer waits", async () => {
  const tool = { type: "dynamic-tool", toolName: "look", input: {} };
  const updates = await told(
    Message.toolCalls([{ id: "c1", name: "look", arguments: {} }]),
    Message.user("Stop!"),
    item([
      {
        ...tool,
        toolCallId: "c2",
        state: "output-denied",
        approval: { id: "a", approved: false, reason: "no" },
      },
      { ...tool, toolCallId: "c3", state: "approval-requested", approval: { id: "b" } },
    ]),
  );
  const states = new Map<string, string>();
  for (const update of updates)
    if ("toolCallId" in update && update.status !== undefined)
      states.set(update.toolCallId, update.status ?? "");
  expect(Object.fromEntries(states)).toEqual({ c1: "failed", c2: "failed", c3: "pending" });
  expect(JSON.stringify(updates)).toMatch(/denied: no.*the call was interrupted/);
});

test("an image that a tool gave is told with its result, not as what the user says", async () => {
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } };
  const [, result, ...others] = await told(
    item([{ type: "tool_use", id: "c1", name: "look", input: {} }]),
    Message.from({
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "c1", content: [image] }],
    }),
  );
  expect(others).toEqual([]);
  expect(result).toMatchObject({
    ...{ sessionUpdate: "tool_call_update", toolCallId: "c1", status: "completed" },
    content: [{ type: "content", content: { type: "text", text: "[image/png]" } }],
  });
});

test("nothing is dropped: thoughts of LangChain, data of the AI SDK", async () => {
  const updates = await told(
    item(new AIMessage({ contentBlocks: [{ type: "reasoning", reasoning: "Hm." }] })),
    item([{ type: "data-weather", data: { city: "Brest" } }]),
  );
  expect(updates).toMatchObject([
    { sessionUpdate: "agent_thought_chunk", content: { text: "Hm." } },
    { sessionUpdate: "agent_message_chunk", content: { text: expect.stringContaining('{"city":"Brest"}') } },
  ]);
});

test("a result of 2 MB is told in part, with what is missing and where it is; a long text in pieces", async () => {
  const long = "👨‍👩‍👧‍👦 light. ".repeat(100_000);
  const [, result, ...chunks] = await told(
    Message.toolCalls([{ id: "c1", name: "Write", arguments: { path: "a.ts", content: long } }]),
    Message.toolResult({ callId: "c1", content: long }),
    Message.assistant(long),
  );
  const size = JSON.stringify(result).length;
  expect(size).toBeLessThan(40_000);
  const left = { position: 1, charactersLeft: expect.any(Number) };
  expect(result).toMatchObject({ _meta: { "astrid-sessions": left } });
  expect(JSON.stringify(result)).toContain("show <session> --from 1 --limit 1 --full");
  expect(chunks.map(text).join("")).toBe(long);
  for (const chunk of chunks) {
    expect(text(chunk).length).toBeLessThanOrEqual(32_000);
    expect(text(chunk).startsWith("\u200d")).toBe(false);
  }
});

test("what a call was given is bounded in size and depth", async () => {
  const deep = JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`) as Json;
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key${index}`, index]));
  const calls = [
    { id: "c1", name: "Write", arguments: { path: "a.ts", content: "x".repeat(2_000_000) } },
    { id: "c2", name: "deep", arguments: deep },
    { id: "c3", name: "wide", arguments: wide },
  ];
  const updates = await told(Message.toolCalls(calls));
  for (const update of updates) expect(JSON.stringify(update).length).toBeLessThan(80_000);
  expect(updates[0]).toMatchObject({ rawInput: { path: "a.ts", content: expect.stringMatching(/^x+…$/) } });
});

test("ids that are used again, missing, or of a call that is not stored", async () => {
  const updates = await told(
    Message.toolResult({ callId: "lost", content: "late" }),
    Message.toolCalls([{ id: "call_0", name: "look", arguments: {} }]),
    Message.toolResult({ callId: "call_0", content: "one" }),
    Message.toolCalls([{ id: "call_0", name: "look", arguments: {} }]),
    Message.toolResult({ callId: "call_0", content: "two" }),
    item([{ type: "tool_use", name: "nameless", input: {} }]),
    Message.from({ role: "tool", content: "three" }),
  );
  const ids = updates.map((update) => ("toolCallId" in update ? update.toolCallId : ""));
  expect(updates[0]).toMatchObject({ sessionUpdate: "tool_call", toolCallId: "lost", status: "completed" });
  expect(ids.slice(1)).toEqual(["call_0", "call_0", ids[3], ids[3], "5.0", "5.0"]);
  expect(ids[3]).not.toBe("call_0");
});

test("whatever is stored, what leaves is well-formed", async () => {
  const half = "half \ud83d";
  const updates = await told(
    Message.user(half, { id: half }),
    Message.toolCalls([{ id: half, name: half, arguments: { [half]: half } }]),
    Message.toolResult({ callId: half, content: half }),
    item([{ type: "data-x", data: { [half]: half } }]),
  );
  expect(updates).toHaveLength(4);
  expect(JSON.stringify(updates)).not.toMatch(/\\ud[89a-f]/);
});

test("titles of a list are well-formed, cut between characters, and say how an untitled session ends", async () => {
  await using store = new SessionStore("memory:");
  for (const title of ["half \ud83d", `${"x".repeat(298)}👨‍👩‍👧‍👦`, null])
    await store.save(new AgentSession({ metadata: { title }, messages: [Message.user("A question.")] }));
  const { sessions } = await asClient(store, (agent) => agent.request("session/list", {}));
  const titles = sessions.map(({ title }) => title);
  expect(titles.toSorted()).toEqual(["A question.", "half \ufffd", `${"x".repeat(298)}…`]);
});

test("the kind of a tool is known by its name", () => {
  const kinds = {
    ...{ Read: "read", Bash: "execute", MultiEdit: "edit", Grep: "search", WebFetch: "fetch", Task: "think" },
    ...{ ExitPlanMode: "switch_mode", mcp__files__delete_file: "delete", "files:moveFile": "move" },
    ...{ apply_patch: "edit", shell: "execute", web_search_call: "fetch", "notes.listNotes": "search" },
    ...{ constructor: "other", "": "other", frobnicate: "other", "github/create_issue": "edit" },
  };
  for (const [name, kind] of Object.entries(kinds)) expect(toolKind(name), name).toBe(kind);
});

test("a prompt's long text comes in pieces, a block that is too large as what it is, another framework's as it was", async () => {
  const long = "word ".repeat(20_000);
  const blocks = [
    { type: "text", text: long },
    { type: "image", data: "A".repeat(8_000_001), mimeType: "image/png", uri: "file:///d.png" },
  ];
  const updates = await told(Message.from({ role: "user", content: blocks }));
  expect(updates.slice(0, -1).map(text).join("")).toBe(long);
  expect(updates.at(-1)).toMatchObject({ content: { type: "text", text: "[image/png, file:///d.png]" } });
  // Anthropic's, which has a type of the same name, and keys of its own.
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } };
  const cached = { type: "text", text: "Look.", cache_control: { type: "ephemeral" } };
  const others = await told(Message.from({ role: "user", content: [cached, image] }));
  expect(others.map((update) => "content" in update && update.content)).toEqual([
    { type: "text", text: "Look." },
    { type: "text", text: "[image/png]" },
  ]);
});
