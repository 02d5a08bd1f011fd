import type { AgentInputItem } from "@openai/agents-core";
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { openaiSession, type OpenAISession } from "../../../src/adapters/openai-agents/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";

const user = (content: string): AgentInputItem => ({ role: "user", content });
const call = (callId: string, args = "{}"): Extract<AgentInputItem, { type: "function_call" }> => ({
  type: "function_call",
  callId,
  name: "look",
  arguments: args,
});
const result = (callId: string): AgentInputItem => ({
  type: "function_call_result",
  callId,
  name: "look",
  status: "completed",
  output: { type: "text", text: "found" },
});

/** An item of each form. */
const ITEMS: AgentInputItem[] = [
  user("straße \u0000 \ud83d\ude00"),
  {
    type: "message",
    role: "user",
    content: [
      { type: "input_text", text: "x" },
      { type: "input_image", image: "data:," },
    ],
  },
  {
    type: "reasoning",
    id: "r",
    content: [{ type: "input_text", text: "hm" }],
    providerData: { a: [null, 1.5e300] },
  },
  { ...call("c1"), id: "fc", status: "completed", providerData: { at: 7, id: {} } },
  result("c1"),
  { type: "hosted_tool_call", name: "web_search", output: "found" },
  { type: "compaction", encrypted_content: "…" },
  { role: "assistant", id: "m", status: "completed", content: [{ type: "output_text", text: "done" }] },
  { role: "system", content: "be brief", providerData: { role: "x" } },
  { type: "unknown", providerData: { content: "x", role: "user" } },
];

describeOnEachEngine("an OpenAI Agents session", (place) => {
  test("items come back deep-equal and in order, as clones, after a reopen too", async () => {
    const session = openaiSession(place.open(), { sessionId: "user 7/ä" });
    await session.addItems(ITEMS.slice(0, 4));
    await session.addItems([]);
    await session.addItems(ITEMS.slice(4));
    const items = await session.getItems();
    expect(items).toEqual(ITEMS);
    for (const item of items) Object.assign(item, { changed: true });
    expect(await session.getItems()).toEqual(ITEMS);
    expect(await openaiSession(place.open(), { sessionId: "user 7/ä" }).getItems()).toEqual(ITEMS);
  });

  test("ids: a UUID is the session's, any other text is mapped, none is a new one", async () => {
    const store = place.open();
    const uuid = randomUUID();
    expect(openaiSession(store, { sessionId: uuid }).id).toBe(uuid);
    expect(await openaiSession(store, { sessionId: "a/../b" }).getSessionId()).toBe("a/../b");
    expect(openaiSession(store, { sessionId: "a" }).id).not.toBe(openaiSession(store, { sessionId: "b" }).id);
    expect(openaiSession(store).id).not.toBe(openaiSession(store).id);
    expect(() => openaiSession(store, { sessionId: "" })).toThrow(/sessionId/);
  });

  test("a limit gives the newest in chronological order; from 0 down, none", async () => {
    const store = place.open();
    const session = openaiSession(store);
    expect(await session.getItems()).toEqual([]);
    expect(await session.popItem()).toBeUndefined();
    expect(await store.list()).toEqual([]);
    await session.addItems(["a", "b", "c"].map(user));
    expect(await session.getItems(2)).toEqual([user("b"), user("c")]);
    expect(await session.getItems(9)).toEqual(["a", "b", "c"].map(user));
    for (const limit of [0, -1, NaN]) expect(await session.getItems(limit)).toEqual([]);
  });

  test("pop, clear, and go on", async () => {
    const store = place.open();
    const session = openaiSession(store);
    await session.addItems([user("a"), call("c")]);
    expect(await session.popItem()).toEqual(call("c"));
    expect(await session.getItems()).toEqual([user("a")]);
    await session.clearSession();
    expect(await session.getItems()).toEqual([]);
    await session.clearSession();
    await session.addItems([user("b")]);
    expect(await session.getItems()).toEqual([user("b")]);
  });

  test("the session says where it comes from, what was said last, and how many tokens its items have", async () => {
    const store = place.open();
    const session = openaiSession(store);
    const counted = async (): Promise<void> => {
      const { messages } = (await store.load(session.id)) ?? { messages: [] };
      const tokenCount = messages.reduce((sum, message) => sum + store.estimateTokens(message), 0);
      const summary = await store.summary(session.id);
      expect(summary).toMatchObject({ source: "openai-agents", tokenCount });
      expect(tokenCount).toBeGreaterThan(100);
    };
    await session.addItems([user("A first question."), call("c"), result("c")]);
    await counted();
    await session.addItems([
      { role: "assistant", status: "completed", content: [{ type: "output_text", text: "Done." }] },
    ]);
    await counted();
    expect((await store.summary(session.id))?.lastMessagePreview).toBe("Done.");
    await session.popItem();
    await counted();
    const replacement = call("c", '{"x":1}');
    await session.applyHistoryMutations({
      mutations: [{ type: "replace_function_call", callId: "c", replacement }],
    });
    await counted();
    const transaction = {
      type: "replace_suffix" as const,
      expectedSuffix: [result("c")],
      replacement: [user("b"), result("d")],
    };
    await session.applyHistoryTransaction({ operationId: "op", transaction });
    await counted();
    await session.replaceEnd([result("d")], [user("c"), user("d")]);
    await counted();
    await session.replaceHistoryWithCompaction([
      { type: "compaction", encrypted_content: "…" },
      user("and more"),
    ]);
    await counted();
  });

  test("an item that is not JSON is refused, and the batch with it", async () => {
    const session = openaiSession(place.open());
    const bad = {
      role: "user",
      content: [{ type: "input_image", image: new Uint8Array(2) }],
    } as unknown as AgentInputItem;
    await expect(session.addItems([user("a"), bad])).rejects.toMatchObject({ code: "INVALID_MESSAGE" });
    expect(await session.getItems()).toEqual([]);
  });

  test("two stores at once: every item once, none lost, each one popped by one", async () => {
    const sessionId = randomUUID();
    const [one, other] = [place.open(), place.open()].map((store) => openaiSession(store, { sessionId })) as [
      OpenAISession,
      OpenAISession,
    ];
    const turn = (index: number): OpenAISession => (index % 2 === 0 ? one : other);
    const texts = Array.from({ length: 12 }, (_, index) => String(index));
    await Promise.all(texts.map((text, index) => turn(index).addItems([user(text)])));
    const stored = await one.getItems();
    expect(stored.map((item) => (item as { content: string }).content).sort()).toEqual(texts.sort());
    const popped = await Promise.all(texts.slice(0, 6).map((_, index) => turn(index).popItem()));
    expect(new Set(popped.map((item) => JSON.stringify(item))).size).toBe(6);
    expect(await other.getItems()).toEqual(stored.slice(0, 6));
  });

  test("a compaction replaces the history in one commit", async () => {
    const store = place.open();
    const session = openaiSession(store);
    await session.addItems(["a", "b", "c"].map(user));
    const before = await store.summary(session.id);
    const compacted: AgentInputItem[] = [{ type: "compaction", encrypted_content: "abc" }, user("c")];
    await session.replaceHistoryWithCompaction(compacted);
    expect(await session.getItems()).toEqual(compacted);
    expect((await store.summary(session.id))?.revision).toBe((before?.revision ?? 0) + 1);
    expect((await store.fork(session.id, { revision: before?.revision })).messageCount).toBe(3);
  });

  test("a mutation replaces the first call of its id and removes further ones, in one commit", async () => {
    const store = place.open();
    const session = openaiSession(store);
    await session.addItems([user("a"), call("c"), result("c"), call("c"), user("b")]);
    const before = (await store.summary(session.id))?.revision ?? 0;
    const mutation = {
      type: "replace_function_call" as const,
      callId: "c",
      replacement: call("c", '{"x":1}'),
    };
    await session.applyHistoryMutations({ mutations: [mutation] });
    expect(await session.getItems()).toEqual([user("a"), mutation.replacement, result("c"), user("b")]);
    expect((await store.summary(session.id))?.revision).toBe(before + 1);
    await session.applyHistoryMutations({ mutations: [mutation, { ...mutation, callId: "none" }] });
    expect((await store.summary(session.id))?.revision, "nothing was left to change").toBe(before + 1);
  });

  test("a transaction is applied once, whoever repeats it; another one under its id is refused", async () => {
    const sessionId = randomUUID();
    const open = () => openaiSession(place.open(), { sessionId });
    const append = {
      operationId: "op-1",
      transaction: { type: "append_items" as const, items: [user("a"), user("b")] },
    };
    await open().applyHistoryTransaction(append);
    await open().applyHistoryTransaction(append);
    await open().addItems([user("c")]);
    await open().applyHistoryTransaction(append);
    const replace = {
      operationId: "op-2",
      transaction: {
        type: "replace_suffix" as const,
        expectedSuffix: [user("c")],
        replacement: [user("C"), user("c")],
      },
    };
    await Promise.all([open().applyHistoryTransaction(replace), open().applyHistoryTransaction(replace)]);
    await open().applyHistoryTransaction(replace);
    const items = ["a", "b", "C", "c"].map(user);
    expect(await open().getItems()).toEqual(items);

    const other = { operationId: "op-1", transaction: { ...append.transaction, items: [user("a")] } };
    await expect(open().applyHistoryTransaction(other)).rejects.toMatchObject({ code: "OPERATION_MISMATCH" });
    const otherType = { ...replace, operationId: "op-1" };
    await expect(open().applyHistoryTransaction(otherType)).rejects.toMatchObject({
      code: "OPERATION_MISMATCH",
    });
    const otherSuffix = { ...replace, transaction: { ...replace.transaction, expectedSuffix: [user("b")] } };
    await expect(open().applyHistoryTransaction(otherSuffix)).rejects.toMatchObject({
      code: "OPERATION_MISMATCH",
    });
    const noSuffix = { ...otherSuffix, operationId: "op-3" };
    await expect(open().applyHistoryTransaction(noSuffix)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(open().applyHistoryTransaction({ ...append, operationId: " " })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(await open().getItems()).toEqual(items);
    // What was refused did not use up its id.
    const fits = { ...noSuffix, transaction: { ...noSuffix.transaction, expectedSuffix: [user("c")] } };
    await open().applyHistoryTransaction(fits);
    expect(await open().getItems()).toEqual([...items.slice(0, 3), user("C"), user("c")]);
  });
});
