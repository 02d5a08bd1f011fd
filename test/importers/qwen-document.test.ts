import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { syncSessions } from "../../src/importers/sync/sync-sessions.ts";
import { giveBack } from "../../src/importers/original/give-back.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();
const ID = "0d3c9a52-7f1e-4b60-9c11-5a2b8e4f6d70";
const FILE = "home/.qwen/tmp/5e8f/chats/session-2025-10-02T08-15-0d3c9a52.json";
const AT = "2025-10-02T08:15:30.000Z";

const prompt = { id: "u1", timestamp: AT, type: "user", content: "fix the parser" };
const answer = {
  ...{ id: "a1", timestamp: "2025-10-02T08:15:40.000Z", type: "gemini", content: "Looking.", model: "qwen3" },
  thoughts: [{ subject: "Plan", description: "read first", timestamp: AT }],
  tokens: { input: 1200, output: 30, cached: 1000, thoughts: 8, tool: 0, total: 1238 },
  toolCalls: [
    {
      ...{ id: "c1", name: "read_file", args: { path: "/p/a.ts" }, status: "success", timestamp: AT },
      result: [{ functionResponse: { id: "c1", name: "read_file", response: { output: "text" } } }],
      resultDisplay: "",
    },
    { id: "c2", name: "run_shell_command", args: {}, status: "cancelled", timestamp: AT },
  ],
};

function chat(fields: object = {}, messages: readonly object[] = [prompt, answer]): string {
  const times = { startTime: AT, lastUpdated: AT };
  return JSON.stringify({ sessionId: ID, projectHash: "5e8f", ...times, ...fields, messages }, undefined, 2);
}

test("a document in Qwen Code's folder is its own: prompts, thoughts, calls, results, tokens, the bytes", async () => {
  const { result, session, messages } = await place.read(chat(), FILE);
  expect(result).toMatchObject({ format: "qwen", sessionId: ID, problemCount: 0 });
  expect(session).toMatchObject({
    ...{ id: ID, model: "qwen3", createdAt: AT },
    metadata: { title: "fix the parser", turnCount: 1, toolCallCount: 2, custom: { source: "qwen" } },
    extra: { usage: { tokens: [["2025-10-02T08", "qwen3", 200, 38, 1000, 0, 8]] } },
  });
  expect(messages.map(({ content }) => content)).toEqual([
    "fix the parser",
    [
      { type: "thinking", thinking: "Plan: read first" },
      { type: "text", text: "Looking." },
      { type: "tool_use", id: "c1", name: "read_file", input: { path: "/p/a.ts" } },
      { type: "tool_use", id: "c2", name: "run_shell_command", input: {} },
    ],
    [{ type: "tool_result", tool_use_id: "c1", content: "text" }],
  ]);
  expect((await place.original(ID)).toString()).toBe(chat());
  const again = join(place.base, "again");
  await giveBack(place.store, ID, { to: again });
  expect(readFileSync(join(again, "session-2025-10-02T08-15-0d3c9a52.json"), "utf8")).toBe(chat());
});

test.each([
  [
    "Gemini's, by its folder, whatever the model",
    "home/.gemini/tmp/5e8f/chats/session-1.json",
    chat(),
    "gemini",
  ],
  ["Qwen's, by its folder, whatever the model", FILE, chat({}, [{ ...answer, model: "gpt-4o" }]), "qwen"],
  ["a copy elsewhere, by the model", "copy/session-1.json", chat(), "qwen"],
  [
    "a copy elsewhere, by its marks",
    "copy/session-1.json",
    chat({}, [{ ...answer, type: "qwen", model: "m" }]),
    "qwen",
  ],
  [
    "a copy elsewhere of Gemini's",
    "copy/session-1.json",
    chat({}, [{ ...answer, model: "gemini-2.5" }]),
    "gemini",
  ],
  [
    "a copy of Gemini's in which somebody speaks of Qwen's",
    "copy/session-1.json",
    chat({}, [{ ...prompt, content: '{"type": "qwen", "model": "qwen3"}' }]),
    "gemini",
  ],
])("whose a document is: %s", async (_what, file, content, format) => {
  const { result, session } = await place.read(content, file);
  expect(result.format).toBe(format);
  expect(session.metadata.custom["source"]).toBe(format);
});

test("an answer that is marked as Qwen's is an answer; an unknown record is told and kept", async () => {
  const odd = chat({ newer: 1 }, [
    prompt,
    { ...answer, type: "qwen" },
    { id: "x", type: "plan", timestamp: AT },
  ]);
  const { result, messages } = await place.read(odd, FILE);
  expect(told(messages).map((line) => line.split(":")[0])).toEqual(["user", "assistant", "tool"]);
  expect(result).toMatchObject({ problemCount: 1, lossy: false });
  expect(result.problems[0]?.reason).toBe('a message of the unknown type "plan"');
  expect((await place.original(ID)).toString()).toBe(odd);
});

test("a foreign id gets one of its own, another than Gemini's; a session without messages is one", async () => {
  const { result } = await place.read(chat({ sessionId: "mine" }), FILE);
  const other = await place.read(chat({ sessionId: "mine" }), "home/.gemini/tmp/5e8f/chats/session-1.json");
  expect(result.sessionId).not.toBe(other.result.sessionId);
  expect(await place.import(join(place.base, FILE))).toMatchObject({ outcome: "unchanged" });
  const { session } = await place.read(chat({}, []), `${dirname(FILE)}/session-empty.json`);
  expect(session).toMatchObject({ id: ID, messages: [], metadata: { title: null } });
});

test("it is rewritten as a whole while the agent runs", async () => {
  await place.read(chat({}, [prompt]), FILE);
  const { result, messages } = await place.read(chat({ lastUpdated: "x" }), FILE);
  expect(result).toMatchObject({ sessionId: ID, outcome: "rewritten", messagesAdded: 2 });
  expect(messages).toHaveLength(3);
});

test("sync finds old and new ones, tells what is cut, and leaves the rest of the folder alone", async () => {
  const home = join(place.base, "home");
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  };
  const tmp = ".qwen/tmp/5e8f";
  write(`${tmp}/chats/session-1.json`, chat());
  write(`${tmp}/chats/session-2.json`, chat().slice(0, 300));
  write(`${tmp}/chats/session-3.json`, "");
  write(`${tmp}/logs.json`, "[{}]");
  write(`${tmp}/chats/0d3c.worktree.json`, "{}");
  write(`${tmp}/checkpoints/session-4.json`, chat({ sessionId: "no" }));
  const record = {
    ...{ uuid: "u", parentUuid: null, sessionId: "7b0e6c1f-2f4d-4a7f-8d9b-3c5e7f901a2b", type: "user" },
    ...{ timestamp: AT, message: { role: "user", parts: [{ text: "hi" }] } },
  };
  write(".qwen/projects/-p/chats/a.jsonl", `${JSON.stringify(record)}\n`);
  const { sources } = await syncSessions(place.store, { env: { HOME: home } });
  expect(
    sources.map(({ agent, folder, files, outcomes }) => [agent, folder, files, outcomes.created]),
  ).toEqual([
    ["qwen", join(home, ".qwen/projects"), 1, 1],
    ["qwen", join(home, ".qwen/tmp"), 3, 1],
  ]);
  expect(sources[1]?.failed.map(({ reason }) => reason)).toEqual([
    "it is not one JSON document, or is cut off",
    "it is empty",
  ]);
});
