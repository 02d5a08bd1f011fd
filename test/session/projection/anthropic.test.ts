import type { SDKAssistantMessage, SDKUserMessage } from "@anthropic-ai/claude-agent-sdk";
import { expect, test } from "vitest";
import { partsOf } from "./parts.ts";

/** The messages of Anthropic's SDK, as the Claude Agent SDK has them. */
type Asked = SDKUserMessage["message"];
type Answered = Pick<SDKAssistantMessage["message"], "role" | "content">;

test("an image within a tool's result is the tool's; one beside it the user's", () => {
  const image = { type: "base64", media_type: "image/png", data: "AAAA" } as const;
  const message: Asked = {
    role: "user",
    content: [
      {
        type: "tool_result",
        tool_use_id: "c1",
        content: [
          { type: "text", text: "a beacon" },
          { type: "image", source: image },
        ],
      },
      { type: "image", source: { ...image, media_type: "image/jpeg" } },
      { type: "tool_result", tool_use_id: "c2", is_error: true, content: "no view" },
    ],
  };
  expect(partsOf(message)).toEqual([
    { result: "a beacon", of: "c1", files: ["image/png"] },
    { file: "image/jpeg", size: 4 },
    { error: "no view", of: "c2" },
  ]);
});

test("documents: text in a frame is text, a PDF is a file", () => {
  const message: Asked = {
    role: "user",
    content: [
      { type: "document", source: { type: "text", media_type: "text/plain", data: "The log." } },
      { type: "document", source: { type: "base64", media_type: "application/pdf", data: "AAAA" } },
      { type: "document", source: { type: "content", content: [{ type: "text", text: "A page." }] } },
      { type: "search_result", source: "https://x", title: "X", content: [{ type: "text", text: "found" }] },
    ],
  };
  expect(partsOf(message)).toEqual([
    "The log.",
    { file: "application/pdf", size: 4 },
    "A page.",
    "X https://x",
    "found",
  ]);
});

test("tools that Anthropic runs itself: calls and results, and what went wrong", () => {
  const content: Answered["content"] = [
    { type: "thinking", thinking: "Hm.", signature: "s" },
    { type: "redacted_thinking", data: "AAAA" },
    { type: "server_tool_use", id: "w1", name: "web_search", input: { query: "light" } },
    {
      type: "web_search_tool_result",
      tool_use_id: "w1",
      content: [
        {
          type: "web_search_result",
          url: "https://x",
          title: "X",
          encrypted_content: "AAAA",
          page_age: null,
        },
      ],
    },
    {
      type: "web_search_tool_result",
      tool_use_id: "w2",
      content: { type: "web_search_tool_result_error", error_code: "unavailable" },
    },
    {
      type: "bash_code_execution_tool_result",
      tool_use_id: "b1",
      content: {
        ...{ type: "bash_code_execution_result", stdout: "", stderr: "no such file", return_code: 1 },
        content: [],
      },
    },
    { type: "mcp_tool_use", id: "m1", name: "look", server_name: "coast", input: {} },
    {
      ...{ type: "mcp_tool_result", tool_use_id: "m1", is_error: false },
      content: [{ type: "text", text: "a beacon", citations: null }],
    },
  ];
  const message: Answered = { role: "assistant", content };
  expect(partsOf(message)).toEqual([
    { thinks: "Hm." },
    { call: "web_search", id: "w1", input: { query: "light" } },
    { result: "X https://x", of: "w1" },
    { error: "unavailable", of: "w2" },
    { error: "no such file\n(exit code 1)", of: "b1" },
    { call: "look", id: "m1", input: {} },
    { result: "a beacon", of: "m1" },
  ]);
});
