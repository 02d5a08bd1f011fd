import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { Annotation, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { put, threadConfig, valuesOf } from "./samples.ts";

function nested(levels: number): unknown {
  let value: unknown = "inside";
  for (let level = 0; level < levels; level++) value = { in: value };
  return value;
}

const circle: { name: string; self?: unknown } = { name: "x" };
circle.self = circle;

/** What LangGraph's serializer loses, and what is said of it. */
const LOST: readonly [what: string, value: () => unknown, said: string][] = [
  ["a BigInt", () => 7n, "it is a BigInt"],
  ["a BigInt within", () => ({ list: [1, { n: 7n }] }), "it.list[1].n is a BigInt"],
  ["a BigInt in a map", () => new Map([["k", 7n]]), "it[0][1] is a BigInt"],
  ["5,000 levels", () => nested(5000), "it is 5000 levels deep"],
  ["20,000 levels", () => nested(20_000), "it is nested too deeply"],
  ["a value within itself", () => ({ list: [circle] }), "it.list[0].self contains itself"],
  ["a function", () => () => 1, "it is a function"],
  ["a symbol", () => Symbol("s"), "it is a symbol"],
  [
    "a value that refuses to be JSON",
    () => ({
      toJSON() {
        throw new Error("no");
      },
    }),
    "its toJSON fails",
  ],
];

const State = Annotation.Root({ ...MessagesAnnotation.spec, any: Annotation<unknown>() });

describeOnEachEngine("a value that LangGraph's serializer loses", (place) => {
  test.each(LOST)(
    "%s is refused, in a checkpoint and in a write; what was there stays",
    async (_, value, said) => {
      const saver = new AstridSaver(place.open());
      const config = await put(saver, threadConfig("t"), { any: 1 }, { any: 1 });
      const refusal = { code: "INVALID_ARGUMENT", message: expect.stringContaining(said) as string };
      await expect(put(saver, config, { any: value() }, { any: 2 })).rejects.toMatchObject(refusal);
      await expect(saver.putWrites(config, [["ok", 1], ["any", value()]], "task")).rejects.toMatchObject(refusal); // prettier-ignore
      for (const one of [saver, new AstridSaver(place.open())]) {
        expect(await valuesOf(one, threadConfig("t"))).toEqual({ any: 1 });
        expect((await one.getTuple(config))?.pendingWrites).toEqual([]);
      }
      await put(saver, config, { any: 2 }, { any: 2 });
      expect(await valuesOf(saver, threadConfig("t"))).toEqual({ any: 2 });
    },
  );

  test("a graph whose node returns one fails with a sentence; the messages before it are there", async () => {
    const graphOn = (checkpointer: AstridSaver | MemorySaver) =>
      new StateGraph(State)
        .addNode("model", ({ messages }) => ({
          messages: [new AIMessage({ content: "", additional_kwargs: { n: messages.length > 2 ? 7n : 7 } })],
        }))
        .addEdge(START, "model")
        .compile({ checkpointer });
    const config = threadConfig("t");
    const graph = graphOn(new AstridSaver(place.open()));
    await graph.invoke({ messages: [new HumanMessage("one")] }, config);
    await expect(graph.invoke({ messages: [new HumanMessage("two")] }, config)).rejects.toThrow(
      /What a task wrote to "messages" cannot be stored: it\[0\]\.additional_kwargs\.n is a BigInt/,
    );
    const { values } = await graphOn(new AstridSaver(place.open())).getState(config);
    expect((values as typeof State.State).messages.map(({ text }) => text)).toEqual(["one", "", "two"]);

    // LangGraph's own saver says nothing, and the thread cannot be read any more.
    const forgetful = graphOn(new MemorySaver());
    await forgetful.invoke({ messages: [new HumanMessage("one")] }, config);
    await forgetful.invoke({ messages: [new HumanMessage("two")] }, config);
    await expect(forgetful.getState(config)).rejects.toThrow();
  });

  test("texts that read like what the serializer says instead are texts, and 2,000 levels come back", async () => {
    const saver = new AstridSaver(place.open());
    const values = {
      said: "[unable to serialize, circular reference is too complex to analyze]",
      circular: ["[Circular]"],
      deep: nested(2000),
    };
    const config = await put(saver, threadConfig("t"), values, { said: 1, circular: 1, deep: 1 });
    const stored = await valuesOf(new AstridSaver(place.open()), config);
    expect({ ...stored, deep: undefined }).toEqual({ ...values, deep: undefined });
    let depth = 0;
    for (let at = stored["deep"]; typeof at === "object"; at = (at as { in: unknown }).in) depth++;
    expect(depth).toBe(2000);
  });

  test("what is changed in place while it is stored is stored as it was handed over", async () => {
    const saver = new AstridSaver(place.open());
    const list = ["a"];
    const more = { n: 1 };
    const storing = put(saver, threadConfig("t"), { first: 1, list, more }, { first: 1, list: 1, more: 1 });
    list.push("b");
    more.n = 2;
    expect(await valuesOf(saver, await storing)).toEqual({ first: 1, list: ["a"], more: { n: 1 } });
  });
});
