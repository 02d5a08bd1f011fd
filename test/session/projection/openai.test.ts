import { protocol, type AgentInputItem } from "@openai/agents-core";
import { describe, expect, test } from "vitest";
import { messageFromItem } from "../../../src/adapters/openai-agents/stored-item.ts";
import { partsOf } from "./parts.ts";

/** Items of the Agents SDK, which its own schema takes, and what each says. */
const ITEMS: readonly (readonly [name: string, item: AgentInputItem, parts: readonly unknown[]])[] = [
  [
    "reasoning",
    {
      type: "reasoning",
      content: [{ type: "input_text", text: "Hm." }],
      rawContent: [{ type: "reasoning_text", text: "Hmmm." }],
    },
    [{ thinks: "Hm." }],
  ],
  [
    "reasoning that is only raw",
    { type: "reasoning", content: [], rawContent: [{ type: "reasoning_text", text: "Hmmm." }] },
    [{ thinks: "Hmmm." }],
  ],
  [
    "a shell call",
    { type: "shell_call", callId: "s1", action: { commands: ["ls", "pwd"] } },
    [{ call: "shell", id: "s1", input: { commands: ["ls", "pwd"] } }],
  ],
  [
    "what a shell printed",
    {
      type: "shell_call_output",
      callId: "s1",
      output: [
        { stdout: "a.ts\n", stderr: "", outcome: { type: "exit", exitCode: 0 } },
        { stdout: "", stderr: "no such file\n", outcome: { type: "exit", exitCode: 2 } },
      ],
    },
    [{ error: "a.ts\nno such file\n(exit code 2)", of: "s1" }],
  ],
  [
    "a shell that took too long",
    {
      type: "shell_call_output",
      callId: "s1",
      output: [{ stdout: "", stderr: "", outcome: { type: "timeout" } }],
    },
    [{ error: "(timed out)", of: "s1" }],
  ],
  [
    "a computer call",
    { type: "computer_call", callId: "k1", status: "completed", action: { type: "type", text: "hi" } },
    [{ call: "computer", id: "k1", input: { type: "type", text: "hi" } }],
  ],
  [
    "several computer actions",
    { type: "computer_call", callId: "k1", status: "completed", actions: [{ type: "wait" }] },
    [{ call: "computer", id: "k1", input: [{ type: "wait" }] }],
  ],
  [
    "a screenshot",
    {
      type: "computer_call_result",
      callId: "k1",
      output: { type: "computer_screenshot", data: "data:image/png;base64,AAAA" },
    },
    [{ result: "", of: "k1", files: ["image/png"] }],
  ],
  [
    "a patch",
    {
      type: "apply_patch_call",
      callId: "p1",
      status: "completed",
      operation: { type: "delete_file", path: "a.ts" },
    },
    [{ call: "apply_patch", id: "p1", input: { type: "delete_file", path: "a.ts" } }],
  ],
  [
    "a patch that failed",
    { type: "apply_patch_call_output", callId: "p1", status: "failed", output: "no such file" },
    [{ error: "no such file", of: "p1" }],
  ],
  [
    "a hosted tool that ended without an output",
    { type: "hosted_tool_call", id: "h1", name: "web_search_call", arguments: "{}", status: "completed" },
    [
      { call: "web_search_call", id: "h1", input: "{}" },
      { result: "", of: "h1" },
    ],
  ],
  [
    "a program",
    { type: "program", callId: "g1", code: "1 + 1", fingerprint: "f" },
    [{ call: "program", id: "g1", input: "1 + 1" }],
  ],
  [
    "a program's output",
    { type: "program_output", callId: "g1", output: "2", status: "completed" },
    [{ result: "2", of: "g1" }],
  ],
  [
    "a result with an image",
    {
      type: "function_call_result",
      callId: "f1",
      name: "look",
      status: "completed",
      output: [
        { type: "input_text", text: "a beacon" },
        { type: "input_image", image: "data:image/png;base64,AAAA" },
      ],
    },
    [{ result: "a beacon", of: "f1", files: ["image/png"] }],
  ],
  [
    "what a user says with files",
    {
      role: "user",
      content: [
        { type: "input_text", text: "Where?" },
        { type: "input_image", image: { id: "file-1" } },
        { type: "audio", audio: "AAAA", format: "wav", transcript: "I ask." },
      ],
    },
    ["Where?", { file: "input_image", size: 6 }, { file: "audio", size: 4 }, "I ask."],
  ],
  [
    "a refusal",
    { role: "assistant", status: "completed", content: [{ type: "refusal", refusal: "I will not." }] },
    ["I will not."],
  ],
];

describe("an item of the OpenAI Agents SDK", () => {
  test.each(ITEMS)("%s", (_name, item, parts) => {
    expect(protocol.ModelItem.safeParse(item).error).toBeUndefined();
    expect(partsOf(messageFromItem(item))).toEqual(parts);
  });
});

describe("an item of OpenAI's Responses", () => {
  test.each([
    [
      {
        type: "local_shell_call",
        call_id: "s1",
        action: { type: "exec", command: ["ls"] },
        status: "completed",
      },
      [{ call: "local_shell", id: "s1", input: { type: "exec", command: ["ls"] } }],
    ],
    [
      { type: "custom_tool_call", call_id: "x1", name: "apply_patch", input: "*** Begin Patch" },
      [{ call: "apply_patch", id: "x1", input: "*** Begin Patch" }],
    ],
    [{ type: "custom_tool_call_output", call_id: "x1", output: "done" }, [{ result: "done", of: "x1" }]],
    [
      {
        type: "reasoning",
        summary: [{ type: "summary_text", text: "Hm." }],
        // Codex writes what it does not have as null.
        content: null,
        encrypted_content: "AAAA",
      },
      [{ thinks: "Hm." }],
    ],
    [
      { type: "web_search_call", id: "w1", status: "completed", action: { type: "search", query: "light" } },
      [
        { call: "web_search", id: "w1", input: { type: "search", query: "light" } },
        { result: "", of: "w1" },
      ],
    ],
    [
      {
        ...{ type: "code_interpreter_call", id: "i1", status: "completed", code: "1 + 1" },
        outputs: [{ type: "logs", logs: "2" }],
      },
      [
        { call: "code_interpreter", id: "i1", input: "1 + 1" },
        { result: "2", of: "i1" },
      ],
    ],
    [
      { type: "mcp_call", id: "m1", name: "look", arguments: "{}", error: "no server" },
      [
        { call: "look", id: "m1", input: "{}" },
        { error: "no server", of: "m1" },
      ],
    ],
    [
      { type: "image_generation_call", id: "g1", status: "completed", result: "AAAA" },
      [
        { call: "image_generation", id: "g1", input: null },
        { result: "", of: "g1", files: ["image"] },
      ],
    ],
    [
      { type: "a_tool_of_tomorrow_call", call_id: "t1", input: { at: "sea" } },
      [{ call: "a_tool_of_tomorrow", id: "t1", input: { at: "sea" } }],
    ],
  ])("%j", (content, parts) => {
    expect(partsOf({ role: "assistant", content })).toEqual(parts);
  });
});

describe("a chat message of OpenAI", () => {
  test("what stands beside the content: calls, thoughts, a refusal", () => {
    const call = { id: "c1", type: "function", function: { name: "look", arguments: '{"at":"sea"}' } };
    const custom = { id: "c2", type: "custom", custom: { name: "patch", input: "***" } };
    const message = {
      role: "assistant",
      content: null,
      reasoning_content: "Hm.",
      tool_calls: [call, custom],
    };
    expect(partsOf(message)).toEqual([
      { thinks: "Hm." },
      { call: "look", id: "c1", input: '{"at":"sea"}' },
      { call: "patch", id: "c2", input: "***" },
    ]);
    const refused = { role: "assistant", content: null, refusal: "I will not." };
    expect(partsOf(refused)).toEqual(["I will not."]);
  });

  test("a result, as text or as parts", () => {
    const result = { role: "tool", tool_call_id: "c1" };
    const expected = [{ result: "a beacon", of: "c1" }];
    expect(partsOf({ ...result, content: "a beacon" })).toEqual(expected);
    expect(partsOf({ ...result, content: [{ type: "text", text: "a beacon" }] })).toEqual(expected);
  });
});
