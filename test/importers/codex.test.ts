import { expect, test } from "vitest";
import { importPlace } from "./place.ts";

const place = importPlace();
const OWN = "019a93b9-f380-7600-98ff-940e6b99603c";
const PARENT = "019a93b0-0000-7600-98ff-940e6b99603c";

function rollout(type: string, payload: object, second = 0): object {
  return { timestamp: `2025-11-17T21:30:${String(28 + second).padStart(2, "0")}.700Z`, type, payload };
}

const said = (role: string, text: string): object =>
  rollout(
    "response_item",
    { type: "message", role, content: [{ type: role === "assistant" ? "output_text" : "input_text", text }] },
    10,
  );
const total = (count: number): object => ({
  input_tokens: count,
  cached_input_tokens: 2,
  output_tokens: 3,
  reasoning_output_tokens: 1,
});
const tokens = (count: number): object =>
  rollout(
    "event_msg",
    { type: "token_count", info: { total_token_usage: total(count * 10), last_token_usage: total(count) } },
    10,
  );

test("codex: the two forms of a turn are one, an answer's items are one message, totals count once", async () => {
  const { session, messages } = await place.read(
    [
      rollout("session_meta", { id: OWN, cwd: "/p", git: { branch: "main", commit_hash: "abc" } }),
      said("user", "<environment_context>\n  <cwd>/p</cwd>\n</environment_context>"),
      said("user", "fix it"),
      rollout("event_msg", { type: "user_message", message: "fix it" }, 10),
      rollout("turn_context", { model: "gpt-x", cwd: "/p" }, 10),
      rollout("response_item", { type: "ghost_snapshot", ghost_commit: {} }, 10),
      rollout("event_msg", { type: "agent_reasoning", text: "hm" }, 10),
      rollout("response_item", { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] }, 10),
      rollout("response_item", { type: "function_call", name: "shell", arguments: "{}", call_id: "c1" }, 10),
      rollout(
        "response_item",
        { type: "custom_tool_call", name: "apply_patch", input: "x", call_id: "c2" },
        10,
      ),
      tokens(10),
      tokens(10),
      rollout("response_item", { type: "function_call_output", call_id: "c1", output: "ok" }, 10),
      rollout("response_item", { type: "custom_tool_call_output", call_id: "c2", output: "ok" }, 10),
      said("assistant", "done"),
      tokens(20),
      rollout("event_msg", { type: "thread_name_updated", thread_name: "A name" }, 10),
      rollout("something_new", { type: "x" }, 10),
    ],
    `rollout-2025-11-17T15-30-28-${OWN}.jsonl`,
  );
  expect(messages.map(({ role, meta }) => [role, meta ?? false])).toEqual([
    ["user", true],
    ["user", false],
    ["assistant", false],
    ["tool", false],
    ["tool", false],
    ["assistant", false],
  ]);
  expect((messages[2]?.content as unknown[]).length).toBe(3);
  expect(session).toMatchObject({
    ...{ id: OWN, model: "gpt-x", workspacePath: "/p", gitState: { branch: "main", commit: "abc" } },
    metadata: { title: "A name", turnCount: 1, toolCallCount: 2, custom: { source: "codex" } },
    extra: { usage: { tokens: [["2025-11-17T21", "gpt-x", 26, 6, 4, 0, 2]] } },
  });
});

test("codex: a fork's file begins with its parent's records, and is a session of its own", async () => {
  const parent = [
    rollout("session_meta", { id: PARENT, cwd: "/p" }),
    said("user", "one"),
    said("assistant", "first"),
    tokens(10),
  ];
  const turn = (id: string): object =>
    rollout("turn_context", { turn_id: id, model: "gpt-x", cwd: "/p" }, 10);
  const before = [turn("019a93b0-0000-7000-8000-000000000001"), ...parent.slice(1)];
  const after = [
    turn("019a93c0-0000-7000-8000-000000000001"),
    said("user", "other way"),
    said("assistant", "other"),
    tokens(20),
  ];
  const forks = [
    [rollout("session_meta", { id: OWN, forked_from_id: PARENT, cwd: "/p" }), parent[0], ...before, ...after],
    [parent[0], ...before, rollout("session_meta", { id: OWN, cwd: "/p" }), ...after],
  ];
  for (const [index, fork] of forks.entries()) {
    await place.store.delete(OWN);
    const { result, session, messages } = await place.read(fork, `${index}/rollout-x-${OWN}.jsonl`);
    expect(result).toMatchObject({ sessionId: OWN, forkedFrom: PARENT });
    expect(messages.map(({ content }) => /"text":"([^"]*)"/.exec(JSON.stringify(content))?.[1])).toEqual([
      "one",
      "first",
      "other way",
      "other",
    ]);
    expect(session.metadata.custom).toMatchObject({ forked_from: PARENT, taken_over: "2" });
    expect(session.extra["usage"]).toEqual({ tokens: [["2025-11-17T21", "gpt-x", 18, 3, 2, 0, 1]] });
  }
});

test("codex: turns that were taken back are gone, a compaction stands for what was before, a sub-agent has its parent", async () => {
  const { session, messages } = await place.read([
    rollout("session_meta", {
      id: OWN,
      cwd: "/p",
      source: { subagent: { thread_spawn: { parent_thread_id: PARENT } } },
    }),
    ...[said("user", "one"), said("assistant", "first"), said("user", "two"), said("assistant", "second")],
    rollout("event_msg", { type: "thread_rolled_back", num_turns: 1 }, 10),
    rollout("compacted", { message: "summary", replacement_history: [] }, 10),
    said("user", "# Context from my IDE setup:\n\n## Open tabs:\n- x.ts\n\n## My request for Codex:\nthree"),
  ]);
  expect(messages.map(({ content }) => JSON.stringify(content)).join()).not.toContain("two");
  expect(messages).toHaveLength(4);
  expect(messages[2]).toMatchObject({ content: "summary", compaction: {}, meta: true });
  expect(session).toMatchObject({ parentId: PARENT, metadata: { turnCount: 2, title: "one" } });
});
