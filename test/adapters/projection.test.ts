import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { emptyCheckpoint } from "@langchain/langgraph-checkpoint";
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { acpSessions } from "../../src/adapters/acp/index.ts";
import { chatStore } from "../../src/adapters/ai-sdk/index.ts";
import { claudeSessionId, claudeSessionStore } from "../../src/adapters/claude-agent-sdk/index.ts";
import { AstridSaver } from "../../src/adapters/langgraph/index.ts";
import { openaiSession } from "../../src/adapters/openai-agents/index.ts";
import { Message, projectMessage, SessionStore } from "../../src/index.ts";
import { run } from "../cli/run.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { call, connect } from "./mcp/connect.ts";

/** The turn that each adapter writes: a question, a call of a tool, its result, an answer. */
const QUESTION = "Where is the lighthouse?";
const CALL = { id: "call-1", name: "look", arguments: { at: "sea" } };
const RESULT = "a beacon, seen to the north";
const ANSWER = "The lighthouse stands to the north.";

/** Writes the turn with one adapter. @returns the id of the session that has it. */
type Writer = (store: SessionStore) => Promise<string>;

/** One row per adapter. */
const WRITERS: Readonly<Record<string, Writer>> = {
  "claude-agent-sdk": async (store) => {
    const key = { projectKey: "p", sessionId: randomUUID() };
    const entry = (role: string, content: unknown): SessionStoreEntry => ({
      type: role,
      uuid: randomUUID(),
      sessionId: key.sessionId,
      message: { role, content },
    });
    await claudeSessionStore(store).append(key, [
      entry("user", QUESTION),
      entry("assistant", [{ type: "tool_use", id: CALL.id, name: CALL.name, input: CALL.arguments }]),
      entry("user", [
        { type: "tool_result", tool_use_id: CALL.id, content: [{ type: "text", text: RESULT }] },
      ]),
      entry("assistant", [{ type: "text", text: ANSWER }]),
      { type: "custom-title", customTitle: "The coast", sessionId: key.sessionId },
    ]);
    return claudeSessionId(key);
  },
  "openai-agents": async (store) => {
    const session = openaiSession(store);
    await session.addItems([
      { role: "user", content: QUESTION },
      { type: "function_call", callId: CALL.id, name: CALL.name, arguments: JSON.stringify(CALL.arguments) },
      {
        type: "function_call_result",
        callId: CALL.id,
        name: CALL.name,
        status: "completed",
        output: { type: "text", text: RESULT },
      },
      { role: "assistant", status: "completed", content: [{ type: "output_text", text: ANSWER }] },
    ]);
    return session.id;
  },
  "ai-sdk": async (store) => {
    const chats = chatStore(store);
    const chatId = await chats.createChat();
    const call = { type: "dynamic-tool", toolName: CALL.name, toolCallId: CALL.id } as const;
    await chats.saveChat({
      chatId,
      messages: [
        { id: "u1", role: "user", parts: [{ type: "text", text: QUESTION }] },
        {
          id: "a1",
          role: "assistant",
          parts: [{ ...call, state: "output-available", input: CALL.arguments, output: RESULT }],
        },
        { id: "a2", role: "assistant", parts: [{ type: "step-start" }, { type: "text", text: ANSWER }] },
      ],
    });
    return chatId;
  },
  langgraph: async (store) => {
    const threadId = randomUUID();
    const messages = [
      new HumanMessage(QUESTION),
      new AIMessage({ content: "", tool_calls: [{ id: CALL.id, name: CALL.name, args: CALL.arguments }] }),
      new ToolMessage({ tool_call_id: CALL.id, content: RESULT }),
      new AIMessage(ANSWER),
    ];
    const checkpoint = {
      ...emptyCheckpoint(),
      channel_values: { messages },
      channel_versions: { messages: 1 },
    };
    const config = { configurable: { thread_id: threadId, checkpoint_ns: "" } };
    await new AstridSaver(store).put(
      config,
      checkpoint,
      { source: "loop", step: 1, parents: {} },
      { messages: 1 },
    );
    return threadId;
  },
  acp: async (store) => {
    const sessions = acpSessions(store);
    const { sessionId } = await sessions.new({ params: { cwd: "/w" } });
    await sessions.storePrompt({ sessionId, prompt: [{ type: "text", text: QUESTION }] });
    await store.append(sessionId, [
      Message.toolCalls([CALL]),
      Message.toolResult({ callId: CALL.id, content: RESULT }),
      Message.assistant(ANSWER),
    ]);
    return sessionId;
  },
};

describe.each(Object.entries(WRITERS))("a turn written with %s", (name, write) => {
  test("has its texts, its call and its result in the projection", async () => {
    await using store = new SessionStore("memory:");
    const id = await write(store);
    const projected = [];
    for await (const { message } of store.messages(id))
      if (!message.role.includes(":")) projected.push(projectMessage(message));
    const parts = projected.flatMap(({ role, text, toolCalls, toolResults }) => [
      ...(text === "" ? [] : [`${role}: ${text}`]),
      ...toolCalls.map((call) => {
        const given = call.arguments;
        // OpenAI's are JSON in a string.
        return { ...call, arguments: typeof given === "string" ? (JSON.parse(given) as unknown) : given };
      }),
      ...toolResults,
    ]);
    expect(parts).toEqual([
      `user: ${QUESTION}`,
      CALL,
      { callId: CALL.id, text: RESULT, isError: false },
      `assistant: ${ANSWER}`,
    ]);
    expect(projected.flatMap(({ other }) => other)).toEqual([]);
  });

  test("is listed with its answer, its framework and its tokens, and found by what was asked, answered and seen", async () => {
    await using store = new SessionStore("memory:");
    const id = await write(store);
    const [summary] = await store.listWithMetadata();
    expect(summary).toMatchObject({ id, source: name, lastMessagePreview: ANSWER });
    expect(summary?.tokenCount).toBeGreaterThan(0);
    for (const text of ["lighthouse stands", "where lighthouse", "beacon"])
      expect(
        (await store.search(text)).map((hit) => hit.id),
        text,
      ).toContain(id);
  });

  test("is shown by the command, and read by a client of the MCP server", async () => {
    const directory = temporaryDirectory();
    await using store = new SessionStore(directory);
    const id = await write(store);
    const shown = run(directory, "show", id).out;
    const answer = await call(await connect(store), "read_session", { id });
    const read = answer.value.messages.map(({ text }) => text).join("\n");
    for (const text of [QUESTION, CALL.name, RESULT, ANSWER]) {
      expect(shown).toContain(text);
      expect(read).toContain(text);
    }
  });
});

test("what an MCP client appends is in the projection, listed and found", async () => {
  await using store = new SessionStore("memory:");
  const id = await WRITERS["acp"]?.(store);
  const client = await connect(store, { write: true });
  await call(client, "append_message", { id, role: "user", text: "And how far is it?" });
  expect(await store.listWithMetadata()).toMatchObject([{ id, lastMessagePreview: "And how far is it?" }]);
  expect(await store.search("how far", { role: "user" })).toMatchObject([{ id, position: 4 }]);
});
