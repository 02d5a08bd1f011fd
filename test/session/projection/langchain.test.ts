import {
  AIMessage,
  ChatMessage,
  FunctionMessage,
  HumanMessage,
  ToolMessage,
  type BaseMessage,
} from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { partsOf } from "./parts.ts";

/** As LangGraph's serialiser writes a message, and as `toDict` does. */
const FORMS: Readonly<Record<string, (message: BaseMessage) => unknown>> = {
  serialised: (message) => message,
  "a dictionary": (message) => message.toDict(),
};

describe.each(Object.entries(FORMS))("a LangChain message, %s", (_name, form) => {
  const read = (message: BaseMessage): unknown[] => partsOf({ role: "message", content: form(message) });

  test("an Anthropic-shaped AIMessage tells each call once, where it was made", () => {
    const message = new AIMessage({
      content: [
        { type: "text", text: "I look." },
        { type: "tool_use", id: "c1", name: "look", input: '{"at":"sea"}' },
        { type: "text", text: "And again." },
        { type: "tool_use", id: "c2", name: "look", input: { at: "sky" } },
      ],
      tool_calls: [
        { id: "c1", name: "look", args: { at: "sea" } },
        { id: "c2", name: "look", args: { at: "sky" } },
        { id: "c3", name: "wait", args: {} },
      ],
    });
    expect(read(message)).toEqual([
      "I look.",
      { call: "look", id: "c1", input: { at: "sea" } },
      "And again.",
      { call: "look", id: "c2", input: { at: "sky" } },
      { call: "wait", id: "c3", input: {} },
    ]);
  });

  test("standard content blocks: reasoning, a call once, a call of the provider's, files", () => {
    const message = new AIMessage({
      contentBlocks: [
        { type: "reasoning", reasoning: "Hm." },
        { type: "text", text: "I look." },
        { type: "tool_call", id: "c1", name: "look", args: { at: "sea" } },
        { type: "server_tool_call", id: "s1", name: "web_search", args: { query: "lighthouse" } },
        { type: "server_tool_call_result", toolCallId: "s1", status: "error", output: { reason: "none" } },
        { type: "image", mimeType: "image/png", data: "AAAA" },
        { type: "non_standard", value: { weather: "fine" } },
      ],
    });
    expect(read(message)).toEqual([
      { thinks: "Hm." },
      "I look.",
      { call: "look", id: "c1", input: { at: "sea" } },
      { call: "web_search", id: "s1", input: { query: "lighthouse" } },
      { error: '{"reason":"none"}', of: "s1" },
      { file: "image/png", size: 4 },
      { other: { weather: "fine" } },
    ]);
  });

  test("what a provider keeps beside the content: thoughts, calls, calls that cannot be read", () => {
    const thought = new AIMessage({ content: "North.", additional_kwargs: { reasoning_content: "Hm." } });
    expect(read(thought)).toEqual([{ thinks: "Hm." }, "North."]);
    const invalid = new AIMessage({
      content: "",
      invalid_tool_calls: [
        { id: "c1", name: "look", args: "{at", error: "bad JSON", type: "invalid_tool_call" },
      ],
    });
    expect(read(invalid)).toEqual([
      { call: "look", id: "c1", input: "{at" },
      { error: "bad JSON", of: "c1" },
    ]);
  });

  test("results, with what a tool shows beside its text; other roles", () => {
    expect(read(new ToolMessage({ tool_call_id: "c1", status: "error", content: "no view" }))).toEqual([
      { error: "no view", of: "c1" },
    ]);
    const shown = new ToolMessage({
      tool_call_id: "c1",
      content: [
        { type: "text", text: "a beacon" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      ],
    });
    expect(read(shown)).toEqual([{ result: "a beacon", of: "c1", files: ["image/png"] }]);
    expect(read(new ChatMessage("I doubt it.", "critic"))).toEqual(["I doubt it."]);
    expect(read(new FunctionMessage({ name: "look", content: "a beacon" }))).toEqual(["a beacon"]);
    const asked = new HumanMessage({
      content: [
        { type: "text", text: "Where?" },
        { type: "file", mimeType: "application/pdf", data: "AAAA" },
      ],
    });
    expect(read(asked)).toEqual(["Where?", { file: "application/pdf", size: 4 }]);
  });
});
