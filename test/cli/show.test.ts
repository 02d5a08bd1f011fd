import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { messageFromItem } from "../../src/adapters/openai-agents/stored-item.ts";
import { toStored } from "../../src/adapters/ai-sdk/chat-messages.ts";
import { Child } from "../../src/conformance/child.ts";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import type { Json } from "../../src/session/json/json.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run } from "./run.ts";
import { hasTerminal, inTerminal } from "./terminal.ts";
import { COMMAND } from "../command.ts";

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
  const shown = run(directory, "show", "latest", "--all").out.split("\n");
  expect(shown.slice(shown.findIndex((line) => line.includes("Hm.")))).toEqual([
    "  ✻ Hm.",
    "",
    "  → ls src",
    "      ✗ no such directory",
    '  → look {"at":"sea","far":true}',
    "  → shell pwd",
    "      /w",
    "",
    "  I look.",
    "",
    "  → look sea",
    '      {"seen":"a beacon"}',
    "  → look sea (awaits approval)",
    "",
    "  North.",
    "",
    "  [image/png, a.png]",
    "",
  ]);
});

const ID = "aaaa1111-0000-4000-8000-000000000000";

async function conversation(directory: string, turns: number): Promise<void> {
  await using store = new SessionStore(directory);
  const messages = Array.from({ length: turns }, (_, index) =>
    index % 2 === 0 ? Message.user(`question ${index}`) : Message.assistant(`answer ${index}`),
  );
  await store.save(new AgentSession({ id: ID, messages }));
}

test("show opens at a message, says what is before, behind and not there, and shows prompts alone", async () => {
  const directory = temporaryDirectory();
  await conversation(directory, 50);
  const at = run(directory, "show", "aaaa:46", "--limit", "2").out;
  expect(at).toContain("… 46 messages before (--all shows them)\n\nYou  #46\n  question 46\n");
  expect(at).toContain("… 2 messages behind (--from 48 goes on)");
  expect(at).not.toContain("answer 45");
  expect(run(directory, "show", "aaaa:50").err).toContain(
    "There is no message 50: the session has 50 messages, the last is #49.",
  );
  for (const wrong of [["aaaa:x"], ["aaaa:"], ["aaaa:1", "--from", "2"], ["aaaa:1", "--all"]])
    expect(run(directory, "show", ...wrong), wrong.join(" ")).toMatchObject({ code: 2, out: "" });
  const prompts = run(directory, "show", "aaaa", "--prompts").out;
  expect(prompts.match(/^ {2}question \d+/gm)).toHaveLength(25);
  expect(prompts).not.toContain("answer");
  const asJson = run(directory, "show", "aaaa", "--prompts", "--json").out.trimEnd().split("\n").slice(1);
  expect(asJson).toHaveLength(25);
  const raw = run(directory, "show", "aaaa:49", "--raw").out;
  expect(raw).toContain('\n{"role":"assistant","content":"answer 49"}\n');
});

test("show --follow goes on with what is appended by another process, and ends with Ctrl-C", async () => {
  const directory = temporaryDirectory();
  await conversation(directory, 2);
  const child = new Child([COMMAND, "--store", directory, "show", ID, "--follow"]);
  await child.line(/answer 1/);
  await using store = new SessionStore(directory);
  await store.append(ID, [Message.user("and now?"), Message.assistant("**Now** it follows.")]);
  await child.line(/Now it follows/);
  child.process.kill("SIGINT");
  expect(await child.ended).toEqual({ code: 130, signal: null });
  expect(child.errors).toBe("");
});

describe.runIf(hasTerminal())("on a terminal", () => {
  test.for([40, 80, 140])("at %i columns no line is wider, and colours are there", async (columns) => {
    const directory = temporaryDirectory();
    await using store = new SessionStore(directory);
    const messages = [
      Message.user("word ".repeat(60)),
      Message.assistant("- **bold** ".repeat(1) + "text ".repeat(60)),
    ];
    await store.save(new AgentSession({ id: ID, messages }));
    const out = inTerminal({ columns, rows: 200 }, directory, "show", ID);
    expect(out).toContain("\u001b[1mbold\u001b[0m");
    // eslint-disable-next-line no-control-regex
    const lines = out.replace(/\u001b\[[\d;]*m/g, "").split(/\r?\n/);
    const longest = Math.max(...lines.map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(columns);
    expect(longest).toBeGreaterThan(columns - 20);
  });

  test("what does not fit goes to the pager; leaving it early is no error; what fits does not", async () => {
    const directory = temporaryDirectory();
    await conversation(directory, 3000);
    const screen = { columns: 80, rows: 24 };
    const env = { PAGER: "sed -e 's/^/P:/' -e 5q" };
    const out = inTerminal({ ...screen, env }, directory, "show", ID, "--all");
    expect(out.trim().split(/\r?\n/)).toHaveLength(5);
    expect(out).toMatch(/^P:/);
    expect(inTerminal({ ...screen, env }, directory, "show", ID, "--last", "1")).not.toContain("P:");
    expect(inTerminal({ ...screen, env }, directory, "show", ID, "--all", "--no-pager")).not.toContain("P:");
    const without = inTerminal(
      { ...screen, env: { PAGER: "no-such-pager-here" } },
      directory,
      "show",
      ID,
      "--all",
    );
    expect(without).toContain("answer 2999");
    const plain = inTerminal(
      { ...screen, env: { PAGER: "cat", NO_COLOR: "1" } },
      directory,
      "show",
      ID,
      "--all",
    );
    expect(plain).not.toContain("\u001b[");
  });
});
