import { convertToModelMessages, type ModelMessage, type UIMessage } from "ai";
import { expect, test } from "vitest";
import { toStored } from "../../../src/adapters/ai-sdk/chat-messages.ts";
import { partsOf } from "./parts.ts";

const tool = { type: "dynamic-tool", toolName: "look", input: { at: "sea" } } as const;

const DENIED: UIMessage = {
  id: "a1",
  role: "assistant",
  parts: [
    { type: "reasoning", text: "Hm." },
    {
      ...tool,
      toolCallId: "c1",
      state: "output-denied",
      approval: { id: "p1", approved: false, reason: "no" },
    },
    { ...tool, toolCallId: "c2", state: "approval-responded", approval: { id: "p2", approved: false } },
    { ...tool, toolCallId: "c3", state: "approval-requested", approval: { id: "p3" } },
    { ...tool, toolCallId: "c4", state: "approval-responded", approval: { id: "p4", approved: true } },
  ],
};

test("a tool that was not allowed to run is denied, one that waits for an answer waits", () => {
  expect(partsOf(toStored(DENIED))).toEqual([
    { thinks: "Hm." },
    { call: "look", id: "c1", input: { at: "sea" } },
    { error: "denied: no", of: "c1" },
    { call: "look", id: "c2", input: { at: "sea" } },
    { error: "denied", of: "c2" },
    { call: "look", id: "c3", input: { at: "sea" }, awaitsApproval: true },
    { call: "look", id: "c4", input: { at: "sea" } },
  ]);
});

test("the parts stand in their order, and none is left out: data, sources, files, steering", () => {
  const message: UIMessage = {
    id: "a1",
    role: "assistant",
    parts: [
      { type: "step-start" },
      { type: "text", text: "I look." },
      { ...tool, toolCallId: "c1", state: "output-available", output: { seen: ["a beacon"] } },
      { type: "step-start" },
      { type: "data-weather", data: { city: "Brest" } },
      { type: "source-url", sourceId: "s1", url: "https://x", title: "X" },
      { type: "file", mediaType: "image/png", url: "data:image/png;base64,AAAA" },
      { type: "reasoning-file", mediaType: "image/png", url: "data:image/png;base64,AAAA" },
      { type: "steering-message", id: "u2", parts: [{ type: "text", text: "To the north!" }] },
      { ...tool, toolCallId: "c2", state: "output-error", errorText: "no view" },
      { type: "text", text: "North." },
    ],
  };
  expect(partsOf(toStored(message))).toEqual([
    "I look.",
    { call: "look", id: "c1", input: { at: "sea" } },
    { result: '{"seen":["a beacon"]}', of: "c1" },
    { other: { type: "data-weather", data: { city: "Brest" } } },
    "[source] X https://x",
    { file: "image/png", size: 26 },
    { file: "image/png", size: 26 },
    "To the north!",
    { call: "look", id: "c2", input: { at: "sea" } },
    { error: "no view", of: "c2" },
    "North.",
  ]);
});

test("model messages, as the AI SDK makes them of UI messages", async () => {
  const messages = await convertToModelMessages([DENIED]);
  expect(messages.flatMap((message) => partsOf(message)).slice(0, 3)).toEqual([
    { thinks: "Hm." },
    { call: "look", id: "c1", input: { at: "sea" } },
    { call: "look", id: "c2", input: { at: "sea" } },
  ]);
  const results = messages.filter(({ role }) => role === "tool").flatMap((message) => partsOf(message));
  expect(results).toContainEqual({ error: "no", of: "c1" });
});

/** What earlier versions of the SDK wrote is stored still. */
const SEEN = [
  { type: "text" as const, text: "see" },
  { type: "image-data" as const, data: "AAAA", mediaType: "image/png" },
];

test("a model message's results of each kind", () => {
  const content: Extract<ModelMessage, { role: "tool" }>["content"] = [
    { type: "tool-result", toolCallId: "c1", toolName: "look", output: { type: "text", value: "a beacon" } },
    {
      type: "tool-result",
      toolCallId: "c2",
      toolName: "look",
      output: { type: "error-json", value: { no: 1 } },
    },
    { type: "tool-result", toolCallId: "c3", toolName: "look", output: { type: "execution-denied" } },
    {
      ...{ type: "tool-result", toolCallId: "c4", toolName: "look" },
      output: { type: "content", value: SEEN },
    },
    { type: "tool-result", toolCallId: "c5", toolName: "ls", output: { type: "json", value: ["a", "b"] } },
    {
      ...{ type: "tool-result", toolCallId: "c6", toolName: "stat" },
      output: { type: "json", value: { type: "file", path: "a.ts", lines: 3 } },
    },
  ];
  expect(partsOf({ role: "tool", content })).toEqual([
    { result: "a beacon", of: "c1" },
    { error: '{"no":1}', of: "c2" },
    { error: "denied", of: "c3" },
    { result: "see", of: "c4", files: ["image/png"] },
    { result: "a\nb", of: "c5" },
    { result: '{"type":"file","path":"a.ts","lines":3}', of: "c6" },
  ]);
});
