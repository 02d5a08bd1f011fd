import { expect, test } from "vitest";
import { seededRandom } from "../../src/demo/random.ts";
import { isJsonObject, type Json } from "../../src/session/json/json.ts";
import { Message } from "../../src/session/message.ts";
import { AgentSession } from "../../src/session/agent-session.ts";
import { SessionStore } from "../../src/store/session-store.ts";

type Make = (id: string) => Message;
const from = (role: string, content: Json, more: Record<string, Json> = {}): Message =>
  Message.from({ role, content, ...more });

/** How a call, its result, and both in one are stored by those who store them. */
const CALLS: readonly Make[] = [
  (id) => Message.toolCalls([{ id, name: "read", arguments: {} }]),
  (id) =>
    from("assistant", [
      { type: "text", text: "look" },
      { type: "tool_use", id, name: "read", input: {} },
    ]),
  (id) =>
    from("assistant", "look", {
      tool_calls: [{ id, type: "function", function: { name: "read", arguments: "{}" } }],
    }),
  (id) => from("assistant", [{ type: "tool-call", toolCallId: id, toolName: "read", input: {} }]),
  (id) => from("assistant", { type: "function_call", call_id: id, name: "read", arguments: "{}" }),
  (id) => from("assistant", "look", { function_call: { name: id, arguments: "{}" } }),
  (id) => from("system", [{ type: "tool_use", id, name: "read", input: {} }]),
  (id) =>
    from("assistant", [
      { type: "tool_use", id, name: "read", input: {} },
      { type: "tool_use", id: `${id}2`, name: "read", input: {} },
    ]),
];
const RESULTS: readonly Make[] = [
  (id) => Message.toolResult({ callId: id, content: "found" }),
  (id) =>
    from("user", [
      { type: "tool_result", tool_use_id: id, content: "found" },
      { type: "text", text: "go on" },
    ]),
  (id) =>
    from("user", [{ type: "tool_result", tool_use_id: id, content: [{ type: "text", text: "found" }] }]),
  (id) => from("tool", "found", { tool_call_id: id }),
  (id) => from("tool", [{ type: "tool-result", toolCallId: id, output: { type: "text", value: "found" } }]),
  (id) => from("tool", { type: "function_call_output", call_id: id, output: "found" }),
  (id) => from("function", "found", { name: id }),
  (id) => from("user", [{ type: "tool_result", tool_use_id: `${id}2`, content: "found" }]),
];
const OTHERS: readonly Make[] = [
  (text) => Message.user(text),
  (text) => Message.assistant(text),
  (text) => Message.system(text),
  (text) => from("note:progress", { content: text }),
  (id) =>
    from("assistant", [
      {
        type: "dynamic-tool",
        toolName: "read",
        toolCallId: id,
        state: "output-available",
        input: {},
        output: "found",
      },
    ]),
  (id) =>
    from("assistant", [
      { type: "dynamic-tool", toolName: "read", toolCallId: id, state: "input-available", input: {} },
    ]),
];

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "none");

/** The calls (`+id`) and results (`-id`) of messages, read by nothing of ours. */
function events(messages: readonly Message[]): string[] {
  const found: string[] = [];
  const walk = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const one of value as readonly Json[]) walk(one);
    if (!isJsonObject(value)) return;
    const { type, id, call_id: callId, toolCallId, tool_use_id: useId, name } = value;
    const add = (sign: "+" | "-", key: Json | undefined): void => void found.push(sign + textOf(key));
    if (type === "tool_use") add("+", id);
    else if (type === "tool_result") add("-", useId);
    else if (type === "tool-call") add("+", toolCallId);
    else if (type === "tool-result") add("-", toolCallId);
    else if (type === "function_call") add("+", callId);
    else if (type === "function_call_output") add("-", callId);
    else if (type === "dynamic-tool") {
      add("+", toolCallId);
      if (value["output"] !== undefined) add("-", toolCallId);
    } else if (type === undefined && typeof callId === "string") add("-", callId);
    else if (type === undefined && typeof name === "string" && value["arguments"] !== undefined) add("+", id);
    else for (const inner of Object.values(value)) walk(inner);
  };
  for (const message of messages) {
    const { role, content, tool_calls: calls, tool_call_id: callId, function_call: legacy } = message;
    if (typeof content !== "string") walk(content);
    if (Array.isArray(calls))
      for (const call of calls as readonly { id: string }[]) found.push(`+${call.id}`);
    if (isJsonObject(legacy)) found.push(`+${textOf(legacy["name"])}`);
    if (role === "tool" && typeof callId === "string") found.push(`-${callId}`);
    if (role === "function") found.push(`-${textOf(message["name"])}`);
  }
  return found;
}

/** What is wrong with them: a result before its call, or a call that no result follows. */
function unmatched(messages: readonly Message[]): string[] {
  const open = new Map<string, number>();
  const wrong: string[] = [];
  for (const event of events(messages)) {
    const id = event.slice(1);
    const count = (open.get(id) ?? 0) + (event.startsWith("+") ? 1 : -1);
    if (count < 0) wrong.push(event);
    open.set(id, Math.max(count, 0));
  }
  return [...wrong, ...[...open].flatMap(([id, count]) => (count > 0 ? `+${id}` : []))];
}

test("whatever was said, shortened and taken back: a model is sent no call without its result, nor the other way round", async () => {
  for (let seed = 1; seed <= 250; seed++) {
    const random = seededRandom(seed);
    const below = (count: number): number => Math.floor(random() * count);
    const pick = <T>(all: readonly T[]): T => all[below(all.length)] as T;
    const store = new SessionStore("memory:");
    const session = new AgentSession();
    await store.save(session);
    for (let step = 0; step < 12; step++) {
      const added = Array.from({ length: below(5) }, (_, index) =>
        pick([...CALLS, ...RESULTS, ...RESULTS, ...OTHERS])(pick(["a", "b", "c", `t${step}${index}`])),
      );
      await store.append(session.id, added);
      const { messageCount } = (await store.summary(session.id)) ?? { messageCount: 0 };
      const what = below(6);
      if (what === 0) await store.compact(session.id, { summary: "so far", keepRecent: below(4) });
      if (what === 1) await store.rewind(session.id, { position: below(messageCount + 1) });
      if (what === 2) await store.undo(session.id);
      const now = await store.load(session.id);
      for (const maxTokens of [undefined, 1 + below(30), 1 + below(200)]) {
        const sent = now?.context({ maxTokens }) ?? [];
        expect(unmatched(sent), `seed ${seed}, step ${step}, maxTokens ${String(maxTokens)}`).toEqual([]);
        expect(sent.filter(({ role }) => role.includes(":"))).toEqual([]);
      }
    }
  }
});

test("where every call has its result, nothing is left out but what a summary stands for", async () => {
  const random = seededRandom(7);
  const below = (count: number): number => Math.floor(random() * count);
  for (let round = 0; round < 200; round++) {
    const messages: Message[] = [];
    for (let turn = 0; turn < 6; turn++) {
      messages.push(Message.user(`u${turn}`));
      const ids = Array.from({ length: below(4) }, (_, index) => `${turn}-${index}`);
      for (const id of ids) messages.push((CALLS[below(5)] as Make)(id));
      for (const id of ids.sort(() => random() - 0.5)) messages.push((RESULTS[below(6)] as Make)(id));
    }
    const store = new SessionStore("memory:");
    const session = new AgentSession({ messages });
    await store.save(session);
    await store.compact(session.id, { summary: "so far", keepRecent: below(messages.length + 1) });
    const now = await store.load(session.id);
    const sent = now?.context() ?? [];
    const kept = sent[0]?.role === "system" ? sent.slice(1) : sent;
    expect(kept).toEqual(messages.slice(messages.length - kept.length));
    expect(unmatched(kept)).toEqual([]);
  }
});

test("a call under way is not covered by a summary: its result is sent when it comes", async () => {
  const store = new SessionStore("memory:");
  const session = new AgentSession({
    messages: [Message.user("1"), Message.assistant("2"), Message.user("3"), (CALLS[0] as Make)("a")],
  });
  await store.save(session);
  await store.compact(session.id, { summary: "so far", keepRecent: 0 });
  await store.append(session.id, [(RESULTS[0] as Make)("a")]);
  const sent = (await store.load(session.id))?.context() ?? [];
  expect(events(sent)).toEqual(["+a", "-a"]);
  expect(sent[0]?.role).toBe("system");
});
