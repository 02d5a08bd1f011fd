import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { messageFromItem } from "../../src/adapters/openai-agents/stored-item.ts";
import { toStored } from "../../src/adapters/ai-sdk/chat-messages.ts";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import type { Json } from "../../src/session/json.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run } from "./run.ts";

const serialised = (role: string, message: unknown): Message =>
  Message.from({ role, content: JSON.parse(JSON.stringify(message)) as Json });

test("show prints the messages of every framework as a person reads them", async () => {
  const directory = temporaryDirectory();
  await using store = new SessionStore(directory);
  const tool = { type: "dynamic-tool", toolName: "look", input: { at: "sea" } } as const;
  const messages = [
    serialised("assistant", new AIMessage({ contentBlocks: [{ type: "reasoning", reasoning: "Hm." }] })),
    serialised(
      "assistant",
      new AIMessage({ content: "", tool_calls: [{ id: "c", name: "ls", args: { path: "src" } }] }),
    ),
    serialised("tool", new ToolMessage({ tool_call_id: "c", status: "error", content: "no such directory" })),
    messageFromItem({
      type: "function_call",
      callId: "d",
      name: "look",
      arguments: '{"at":"sea","far":true}',
    }),
    messageFromItem({ type: "shell_call", callId: "e", action: { commands: ["pwd"] } }),
    messageFromItem({
      type: "shell_call_output",
      callId: "e",
      output: [{ stdout: "/w\n", stderr: "", outcome: { type: "exit", exitCode: 0 } }],
    }),
    toStored({
      id: "a",
      role: "assistant",
      parts: [
        { type: "text", text: "I look." },
        { ...tool, toolCallId: "f", state: "output-available", output: { seen: "a beacon" } },
        { ...tool, toolCallId: "g", state: "approval-requested", approval: { id: "p" } },
        { type: "text", text: "North." },
        { type: "file", mediaType: "image/png", filename: "a.png", url: "https://x/a.png" },
      ],
    }),
  ];
  await store.save(new AgentSession({ messages }));
  const shown = run(directory, "show", "latest", "--all")
    .out.split("\n")
    .filter((line) => line.startsWith("  "));
  expect(shown.slice(shown.findIndex((line) => line.includes("Hm.")))).toEqual([
    "  thinks Hm.",
    "  → ls src",
    "  ← error: no such directory",
    '  → look {"at":"sea","far":true}',
    '  → shell ["pwd"]',
    "  ← /w",
    "  I look.",
    "  → look sea",
    '  ← {"seen":"a beacon"}',
    "  → (awaits approval) look sea",
    "  North.",
    "  file image/png a.png",
  ]);
});
