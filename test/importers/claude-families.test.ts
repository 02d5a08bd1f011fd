import { expect, test } from "vitest";
import { ImportRun } from "../../src/importers/import.ts";
import { A, B, call, Script, text } from "./claude-script.ts";
import { importPlace, told } from "./place.ts";

const place = importPlace();

test("a fork's file is a session of its own, named by the file or by its last records", async () => {
  const parent = new Script(A)
    .user("one")
    .answer("a1", text("first"), {}, { input_tokens: 5, output_tokens: 5 });
  await place.import(place.file(parent.records, `${A}.jsonl`));
  const fork = new Script(B)
    .user("x")
    .answer("x", text("x"))
    .user("other way")
    .answer("a9", text("other"), {}, { input_tokens: 1, output_tokens: 2 });
  const records = [...parent.records, ...fork.records.slice(2)];
  for (const name of [`${B}.jsonl`, "copy.jsonl"]) {
    const { result, session, messages } = await place.read(records, name);
    expect(result).toMatchObject({ sessionId: B, forkedFrom: A });
    expect(told(messages)).toEqual(["user: one", "assistant: first", "user: other way", "assistant: other"]);
    expect(session.metadata.custom).toMatchObject({ forked_from: A, taken_over: "2" });
    expect(session.extra["usage"]).toEqual({ tokens: [["2026-01-05T09", "m-1", 1, 2, 0, 0, 0]] });
  }
  expect((await place.session(A)).messages).toHaveLength(2);
});

test("records that name what they were forked from are taken over", async () => {
  const forkedFrom = { sessionId: A, messageUuid: "x" };
  const script = new Script(B)
    .user("one", { forkedFrom })
    .answer("a1", text("first"), { forkedFrom })
    .user("on");
  const { result, session } = await place.read(script.records, `${B}.jsonl`);
  expect(result.forkedFrom).toBe(A);
  expect(session.metadata.custom["taken_over"]).toBe("2");
});

test("turns of another session in a file are told, and stay apart", async () => {
  const own = new Script(A).user("mine").answer("a1", text("yours"));
  const stray = new Script(B).user("stray");
  const straying = stray.records.map((record) => ({
    ...record,
    uuid: "ffffffff-0000-4000-8000-000000000001",
  }));
  const { result, messages } = await place.read([...own.records, ...straying], `${A}.jsonl`);
  expect(told(messages)).toEqual(["user: mine", "assistant: yours"]);
  expect(result.problems).toMatchObject([
    { reason: expect.stringContaining(`turns of session ${B}`), lost: false },
  ]);
  expect(result.others).toHaveLength(1);
  const other = await place.session(result.others[0]?.sessionId ?? "");
  expect(told(other.messages)).toEqual(["user: stray"]);
  expect(other.id).not.toBe(B);
});

test("a sub-agent in a file of its own is a child, and the result of its call names it", async () => {
  const parent = new Script(A).user("look").answer("a1", call("c1", "Task", { prompt: "search" }));
  parent.result("c1", { toolUseResult: { agentId: "a0b1" } });
  const agent = new Script(A).user("search", { isSidechain: true, agentId: "a0b1" });
  agent.answer("s1", text("found"), { isSidechain: true, agentId: "a0b1" });
  const { messages } = await place.read(parent.records, `p/${A}.jsonl`);
  const { session } = await place.read(agent.records, `p/${A}/subagents/agent-a0b1.jsonl`);
  expect(session.parentId).toBe(A);
  expect(messages[2]).toMatchObject({ subsession: session.id });
});

test.each([
  ["before", ["outer", "inner"]],
  ["after", ["inner", "outer"]],
])("a sub-agent's sub-agent is its child, whose calls come %s its own file", async (_what, order) => {
  const fields = (agentId: string): object => ({ isSidechain: true, agentId });
  const outer = new Script(A)
    .user("search", { ...fields("outer") })
    .answer("s1", call("c2", "Task", { prompt: "deeper" }), { ...fields("outer") })
    .result("c2", { ...fields("outer"), toolUseResult: { agentId: "inner" } });
  const inner = new Script(A)
    .user("deeper", { ...fields("inner") })
    .answer("s2", text("found"), { ...fields("inner") });
  const run = new ImportRun(place.store);
  await run.file(place.file(new Script(A).user("look").records, `p/${A}.jsonl`));
  const ids = new Map<string, string>();
  for (const name of order) {
    const path = place.file(
      (name === "outer" ? outer : inner).records,
      `p/${A}/subagents/agent-${name}.jsonl`,
    );
    ids.set(name, (await run.file(path)).sessionId);
  }
  expect((await place.session(ids.get("outer") ?? "")).parentId).toBe(A);
  expect((await place.session(ids.get("inner") ?? "")).parentId).toBe(ids.get("outer"));
  inner.user("on", { ...fields("inner") });
  const grown = place.file(inner.records, `p/${A}/subagents/agent-inner.jsonl`);
  expect(await run.file(grown)).toMatchObject({
    sessionId: ids.get("inner"),
    outcome: "extended",
    messagesAdded: 1,
  });
  expect((await place.session(ids.get("inner") ?? "")).parentId).toBe(ids.get("outer"));
});

test("sub-agents in their parent's file are children under their call", async () => {
  const script = new Script(A).user("look").answer("a1", call("c1", "Task", { prompt: "search" }));
  script
    .user("search", { isSidechain: true, parentUuid: null })
    .answer("s1", text("found"), { isSidechain: true });
  script.result("c1", { parentUuid: script.uuid(2) }).answer("a2", text("done"));
  const path = place.file(script.records);
  const result = await place.import(path);
  expect(told((await place.session(A)).messages)).toEqual([
    "user: look",
    "assistant: call c1",
    "user: result c1",
    "assistant: done",
  ]);
  const child = await place.session(result.others[0]?.sessionId ?? "");
  expect(told(child.messages)).toEqual(["user: search", "assistant: found"]);
  expect(child).toMatchObject({ parentId: A, metadata: { custom: { parent_call: "c1" } } });

  script
    .user("more", { isSidechain: true, parentUuid: script.uuid(4) })
    .user("and on", { parentUuid: script.uuid(6) });
  place.file(script.records);
  expect(await place.import(path)).toMatchObject({
    ...{ outcome: "extended", messagesAdded: 1 },
    others: [{ sessionId: child.id, outcome: "extended", messagesAdded: 1 }],
  });
  expect(await place.import(path)).toMatchObject({ outcome: "unchanged" });
});
