import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { Command, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { Message, projectMessage, SessionStore } from "../../../src/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { listed, put, threadConfig, valuesOf } from "./samples.ts";

/** The bytes of everything that the store's side lists hold. */
async function bytesOf(store: SessionStore): Promise<number> {
  let bytes = 0;
  for (const id of await store.list())
    for await (const { item } of store.sideItems(id)) bytes += JSON.stringify(item).length;
  return bytes;
}

describeOnEachEngine("AstridSaver", (place) => {
  test("a graph goes on where it was, in another saver as well", async () => {
    const graphOn = (store: SessionStore) =>
      new StateGraph(MessagesAnnotation)
        .addNode("ask", () => ({ messages: [new AIMessage({ content: `${String(interrupt("name?"))}!` })] }))
        .addEdge(START, "ask")
        .compile({ checkpointer: new AstridSaver(store) });
    const config = threadConfig("a thread");
    await graphOn(place.open()).invoke({ messages: [new HumanMessage("Hello")] }, config);
    const again = graphOn(place.open());
    const result = await again.invoke(new Command({ resume: "Ada" }), config);
    expect(result.messages.map(({ content }) => content)).toEqual(["Hello", "Ada!"]);
    expect(result.messages[0]).toBeInstanceOf(HumanMessage);
    const history: string[] = [];
    for await (const { metadata } of again.getStateHistory(config)) history.push(String(metadata?.source));
    expect(history).toEqual(["loop", "loop", "input"]);
  });

  test("the messages of the newest checkpoint are the session's: listed, searched, read", async () => {
    const store = place.open();
    const saver = new AstridSaver(store);
    const call = { id: "c", name: "weather", args: { city: "Rome" } };
    const messages = [
      new HumanMessage("What about aquamarine?"),
      new AIMessage({ content: "", tool_calls: [call] }),
      new ToolMessage({ content: "sunny", tool_call_id: "c" }),
    ];
    const first = await put(saver, threadConfig("t"), { messages: messages.slice(0, 1) }, { messages: 1 });
    const second = await put(saver, first, { messages }, { messages: 2 });
    const [summary] = await store.listWithMetadata();
    expect(summary).toMatchObject({ messageCount: 3, tags: ["langgraph"] });
    const session = await store.load(summary?.id ?? "");
    expect(session?.metadata.custom).toEqual({ source: "langgraph", langgraph_thread_id: "t" });
    const read = session?.messages.map(projectMessage) ?? [];
    expect(read.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(read[0]?.text).toBe("What about aquamarine?");
    expect(read[1]?.toolCalls).toEqual([{ id: "c", name: "weather", arguments: { city: "Rome" } }]);
    expect(read[2]?.toolResults).toEqual([{ callId: "c", text: "sunny", isError: false }]);
    expect((await store.search("aquamarine")).length).toBe(1);
    // A subgraph's messages are its own; a branch that is newer shows.
    await put(saver, threadConfig("t", "sub"), { messages: [new HumanMessage("inner")] }, { messages: 1 });
    expect((await store.load(summary?.id ?? ""))?.messages.length).toBe(3);
    await put(saver, first, { messages: [messages[0], new AIMessage("other")] }, { messages: 2 });
    expect((await store.load(summary?.id ?? ""))?.messages.length).toBe(2);
    expect((await valuesOf(saver, second))["messages"]).toHaveLength(3);
  });

  test("a thread's session says where it comes from, what was said last, and how many tokens its messages have", async () => {
    const store = new SessionStore(place.open().engine, {
      estimateTokens: ({ content }) => JSON.stringify(content).length,
    });
    const saver = new AstridSaver(store);
    const counted = async (): Promise<void> => {
      const summary = (await place.open().listWithMetadata())[0];
      const { messages } = (await store.load(summary?.id ?? "")) ?? { messages: [] };
      const tokenCount = messages.reduce((sum, message) => sum + store.estimateTokens(message), 0);
      expect(summary).toMatchObject({ source: "langgraph", tokenCount });
      expect(tokenCount).toBeGreaterThan(100);
      expect(summary?.lastMessagePreview).toBe(projectMessage(messages.at(-1) as Message).text);
    };
    const messages = [new HumanMessage("Hello"), new AIMessage("Good day. What may I do?")];
    let config = await put(saver, threadConfig("t"), { messages }, { messages: 1 });
    await counted();
    messages.push(new HumanMessage("A longer question, with more in it."));
    config = await put(saver, config, { messages }, { messages: 2 });
    await counted();
    await put(new AstridSaver(store), config, { messages: messages.slice(0, 1) }, { messages: 3 });
    await counted();
  });

  test("a channel's value is stored when it changes, and of a list that grew what was added", async () => {
    const store = place.open();
    const saver = new AstridSaver(store);
    const big = "x".repeat(10_000);
    let list = Array.from({ length: 50 }, (_, n) => `${n} ${"y".repeat(200)}`);
    let config = await put(saver, threadConfig("t"), { big, list }, { big: 1, list: 1 });
    const before = await bytesOf(store);
    for (let version = 2; version < 12; version++) {
      list = [...list, `more ${version}`];
      config = await put(saver, config, { big, list }, { big: 1, list: version }, ["list"]);
    }
    expect((await bytesOf(store)) - before).toBeLessThan(10 * 600);
    const again = new AstridSaver(place.open());
    expect(await valuesOf(again, config)).toEqual({ big, list });
    // Something else than the end changes; a value that shrinks; a channel that goes.
    list = [...list.slice(0, 40), "changed", ...list.slice(41)];
    const changed = await put(again, config, { list }, { big: 2, list: 12 });
    expect(await valuesOf(again, changed)).toEqual({ list });
    const shrunk = await put(again, changed, { list: list.slice(0, 3) }, { big: 2, list: 13 }, ["list"]);
    expect(await valuesOf(saver, shrunk)).toEqual({ list: list.slice(0, 3) });
    expect(await valuesOf(saver, config)).toMatchObject({ big });
  });

  test("branches from one checkpoint keep their own values, under equal versions too", async () => {
    const saver = new AstridSaver(place.open());
    const root = await put(saver, threadConfig("t"), { list: ["a"], n: 0 }, { list: 1, n: 1 });
    const left = await put(saver, root, { list: ["a", "left"], n: 0 }, { list: 2, n: 1 }, ["list"]);
    const right = await put(saver, root, { list: ["a", "right"], n: 0 }, { list: 2, n: 1 }, ["list"]);
    const lefter = await put(saver, left, { list: ["a", "left"], n: 1 }, { list: 2, n: 2 }, ["n"]);
    // As a copy of a checkpoint is put: beside it, with no version that is new.
    const copy = await put(saver, root, { list: ["a", "left"], n: 1 }, { list: 2, n: 2 }, []);
    for (const one of [saver, new AstridSaver(place.open())]) {
      expect(await valuesOf(one, right)).toEqual({ list: ["a", "right"], n: 0 });
      expect(await valuesOf(one, lefter)).toEqual({ list: ["a", "left"], n: 1 });
      expect(await valuesOf(one, copy)).toEqual({ list: ["a", "left"], n: 1 });
      expect(await valuesOf(one, root)).toEqual({ list: ["a"], n: 0 });
    }
    expect((await saver.getTuple(lefter))?.parentConfig).toEqual(left);
  });

  test("values that are not plain JSON come back as they were", async () => {
    const saver = new AstridSaver(place.open());
    const bytes = new Uint8Array([0, 1, 255]);
    const values = { bytes, map: new Map([["k", new Set([1])]]), none: undefined, list: [undefined, bytes] };
    const config = await put(saver, threadConfig("t"), values, { bytes: 1, map: 1, none: 1, list: 1 });
    await saver.putWrites(config, [["bytes", bytes]], "task");
    const tuple = await new AstridSaver(place.open()).getTuple(config);
    expect(tuple?.checkpoint.channel_values).toEqual(values);
    expect(tuple?.pendingWrites).toEqual([["task", "bytes", bytes]]);
  });

  test("any text is a thread's id; a session that is no thread is refused", async () => {
    const store = place.open();
    const saver = new AstridSaver(store);
    const uuid = crypto.randomUUID();
    for (const id of ["__proto__", "../x", "a b\n", "é", uuid]) {
      await put(saver, threadConfig(id), { n: id }, { n: 1 });
      expect(await valuesOf(saver, threadConfig(id))).toEqual({ n: id });
    }
    expect(await store.list()).toContain(uuid);
    const fork = await store.fork(uuid);
    expect(await valuesOf(saver, threadConfig(fork.id))).toEqual({ n: uuid });
    const threads = (await listed(saver)).map(({ config }) => config.configurable?.["thread_id"] as string);
    expect(threads.sort()).toEqual(["__proto__", "../x", "a b\n", "é", uuid, fork.id].sort());

    const other = crypto.randomUUID();
    await store.commit(other, { base: 0, splice: [0, 0, [Message.user("kept")]] });
    for (const attempt of [() => put(saver, threadConfig(other), {}, {}), () => saver.deleteThread(other)]) {
      await expect(attempt()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect((await store.load(other))?.messages.length).toBe(1);
    await expect(put(saver, threadConfig(""), {}, {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
