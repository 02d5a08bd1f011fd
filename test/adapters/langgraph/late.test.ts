import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { METADATA, listed, put, threadConfig } from "./samples.ts";

describeOnEachEngine("a thread that was deleted", (place) => {
  for (const who of ["the same saver", "another one"]) {
    test(`by ${who}: what comes late from its run is refused, and it stays deleted`, async () => {
      const store = place.open();
      const saver = new AstridSaver(store);
      const config = await put(saver, threadConfig("t"), { n: 1 }, { n: 1 });
      const subgraph = threadConfig("t", "sub");
      await (who === "another one" ? new AstridSaver(place.open()) : saver).deleteThread("t");
      const late = { code: "CONFLICT", currentRevision: 0 };
      await expect(saver.putWrites(config, [["n", 2]], "task")).rejects.toMatchObject(late);
      const next = "1f1e0000-0000-6000-8000-000000000000";
      await expect(put(saver, config, { n: 2 }, { n: 2 }, ["n"], next)).rejects.toMatchObject(late);
      const afterNext = { configurable: { ...config.configurable, checkpoint_id: next } };
      await expect(put(saver, afterNext, { n: 3 }, { n: 3 })).rejects.toMatchObject(late);
      await expect(saver.putWrites(afterNext, [["n", 3]], "task")).rejects.toMatchObject(late);
      const parents = { "": String(config.configurable?.["checkpoint_id"]) };
      await expect(
        put(saver, subgraph, { n: 1 }, { n: 1 }, ["n"], undefined, { ...METADATA, parents }),
      ).rejects.toMatchObject(late);
      expect(await store.list()).toEqual([]);
      expect(await listed(saver, threadConfig("t"))).toEqual([]);

      // A new thread under the same id has nothing of it.
      const anew = await put(saver, threadConfig("t"), { n: 10 }, { n: 1 });
      await expect(saver.putWrites(config, [["n", 2]], "task")).rejects.toMatchObject({ code: "CONFLICT" });
      await saver.putWrites(anew, [["n", 11]], "task");
      for (const one of [saver, new AstridSaver(place.open())]) {
        const tuples = await listed(one, threadConfig("t"));
        expect(tuples.map(({ checkpoint }) => checkpoint.channel_values)).toEqual([{ n: 10 }]);
        expect(tuples[0]?.pendingWrites).toEqual([["task", "n", 11]]);
      }
    });
  }

  for (const durability of ["sync", "async", "exit"] as const) {
    test(`while its graph runs (${durability}): the run fails, and leaves nothing behind`, async () => {
      const store = place.open();
      const saver = new AstridSaver(store);
      const graph = new StateGraph(MessagesAnnotation)
        .addNode("model", async ({ messages }) => {
          if (messages.length > 2) await new AstridSaver(place.open()).deleteThread("t");
          return { messages: [new AIMessage("answer")] };
        })
        .addNode("after", () => ({ messages: [new AIMessage("and more")] }))
        .addEdge(START, "model")
        .addEdge("model", "after")
        .compile({ checkpointer: saver });
      await graph.invoke({ messages: [new HumanMessage("one")] }, { ...threadConfig("t"), durability });
      await expect(
        graph.invoke({ messages: [new HumanMessage("two")] }, { ...threadConfig("t"), durability }),
      ).rejects.toMatchObject({ code: "CONFLICT" });
      expect(await store.list()).toEqual([]);
    });
  }
});
