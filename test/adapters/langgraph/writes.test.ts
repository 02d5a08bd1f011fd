import { HumanMessage } from "@langchain/core/messages";
import { Command, INTERRUPT, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { RESUME, type PendingWrite } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import type { SessionStore } from "../../../src/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { BesideMemorySaver } from "./beside-memory-saver.ts";
import { listed, nextId, put, threadConfig, valuesOf } from "./samples.ts";

async function revisionOf(store: SessionStore): Promise<number> {
  const [summary] = await store.listWithMetadata();
  return summary?.revision ?? 0;
}

describeOnEachEngine("AstridSaver", (place) => {
  test("pending writes come in the order in which LangGraph applies them", async () => {
    const saver = new AstridSaver(place.open());
    const config = await put(saver, threadConfig("t"), {}, {});
    await saver.putWrites(config, [["x", 3]], "task-a", "~b");
    await saver.putWrites(config, [["x", 2]], "task-b", "~a");
    await saver.putWrites(config, [["x", 0], ["y", 1]], "task-z"); // prettier-ignore
    await saver.putWrites(config, [["x", 4]], "task-c", "~\u{10000}");
    await saver.putWrites(config, [["x", 5]], "task-d", "~\uffff");
    for (const one of [saver, new AstridSaver(place.open())]) {
      const writes = (await one.getTuple(config))?.pendingWrites ?? [];
      expect(writes.map(([, , value]) => value)).toEqual([0, 1, 2, 3, 5, 4]);
    }
  });

  test("repeating puts and writes stores nothing; the first of a task's writes counts", async () => {
    const store = place.open();
    const saver = new AstridSaver(store);
    const id = nextId();
    const at = { list: [1, { b: 2 }] };
    const config = await put(saver, threadConfig("t"), at, { list: 1 }, ["list"], id);
    await saver.putWrites(config, [["x", 1], ["y", { z: 1 }]], "task"); // prettier-ignore
    await saver.putWrites(config, [[INTERRUPT, "first"]], "task");
    const tuple = await saver.getTuple(config);
    const before = await revisionOf(store);
    for (const one of [saver, new AstridSaver(store), new AstridSaver(place.open())]) {
      if (tuple === undefined) throw new Error("no tuple");
      await one.put(threadConfig("t"), tuple.checkpoint, tuple.metadata ?? ({} as never), { list: 1 });
      await one.putWrites(config, [["x", 1], ["y", { z: 1 }]], "task"); // prettier-ignore
      await one.putWrites(config, [["x", "other"]], "task");
      await one.putWrites(config, [[INTERRUPT, "first"]], "task");
    }
    expect(await revisionOf(store)).toBe(before);
    expect(await saver.getTuple(config)).toEqual(tuple);
    await saver.putWrites(config, [[INTERRUPT, "second"]], "task");
    const writes = (await new AstridSaver(place.open()).getTuple(config))?.pendingWrites;
    expect(writes).toEqual([
      ["task", INTERRUPT, "second"],
      ["task", "x", 1],
      ["task", "y", { z: 1 }],
    ]);
  });

  test("a node with three questions that is answered again and again: the last answers count", async () => {
    const both = new BesideMemorySaver(new AstridSaver(place.open()));
    const builder = new StateGraph(MessagesAnnotation)
      .addNode("ask", () => {
        const answers = [1, 2, 3].map((n) => String(interrupt(`question ${n}`)));
        return { messages: answers.map((answer) => new HumanMessage(answer)) };
      })
      .addEdge(START, "ask");
    const config = threadConfig("t");
    await builder.compile({ checkpointer: both }).invoke({ messages: [new HumanMessage("go")] }, config);
    for (const answer of ["a", "b", "c"]) {
      // As after a restart.
      both.own = new AstridSaver(place.open());
      await builder.compile({ checkpointer: both }).invoke(new Command({ resume: answer }), config);
    }
    const { values } = await builder.compile({ checkpointer: both }).getState(config);
    expect((values as typeof MessagesAnnotation.State).messages.map(({ text }) => text)).toEqual([
      "go",
      "a",
      "b",
      "c",
    ]);
  });

  test("of a task's special writes the last one counts, also where it is repeated with those before it", async () => {
    const saver = new AstridSaver(place.open());
    const config = await put(saver, threadConfig("t"), {}, {});
    const writes: PendingWrite[] = [
      [RESUME, ["a"]],
      [RESUME, ["a", "b"]],
    ];
    for (const one of [saver, saver, new AstridSaver(place.open())]) {
      await one.putWrites(config, writes, "task");
      expect((await one.getTuple(config))?.pendingWrites).toEqual([["task", RESUME, ["a", "b"]]]);
    }
  });

  test("a channel may have any name", async () => {
    const saver = new AstridSaver(place.open());
    const names = ["constructor", "__proto__", "toString", ""];
    const values = Object.fromEntries(names.map((name) => [name, name]));
    const versions = Object.fromEntries(names.map((name) => [name, 1]));
    const config = await put(saver, threadConfig("t"), values, versions);
    await saver.putWrites(config, names.map((name) => [name, name]), "task"); // prettier-ignore
    const tuple = await new AstridSaver(place.open()).getTuple(config);
    expect(Object.entries(tuple?.checkpoint.channel_values ?? {})).toEqual(Object.entries(values));
    expect(tuple?.pendingWrites).toEqual(names.map((name) => ["task", name, name]));
  });

  test("a value of a channel that has no version is kept", async () => {
    const saver = new AstridSaver(place.open());
    let config = await put(saver, threadConfig("t"), { n: 1, list: ["a"], loose: ["b"] }, { n: 1 });
    config = await put(saver, config, { n: 1, list: ["a", "c"], loose: ["b"] }, { n: 1 }, []);
    for (const one of [saver, new AstridSaver(place.open())])
      expect(await valuesOf(one, config)).toEqual({ n: 1, list: ["a", "c"], loose: ["b"] });
    const without = await put(saver, config, { n: 1 }, { n: 1 }, []);
    expect(await valuesOf(new AstridSaver(place.open()), without)).toEqual({ n: 1 });
  });

  test("deleting a thread leaves neither checkpoints nor writes behind", async () => {
    const store = place.open();
    const [saver, other] = [new AstridSaver(store), new AstridSaver(place.open())];
    const id = nextId();
    const config = await put(saver, threadConfig("t"), { n: 1 }, { n: 1 }, ["n"], id);
    await saver.putWrites(config, [["n", 2]], "task");
    await put(saver, threadConfig("t", "sub"), { n: 1 }, { n: 1 });
    expect((await other.getTuple(config))?.pendingWrites).toHaveLength(1);
    await saver.deleteThread("t");
    await saver.deleteThread("t");
    for (const one of [saver, other, new AstridSaver(place.open())]) {
      expect(await one.getTuple(config)).toBeUndefined();
      expect(await listed(one, threadConfig("t"))).toEqual([]);
    }
    expect(await store.list()).toEqual([]);
    expect(await store.trashed()).toEqual([]);
    // The same again, in a saver that knew the thread: it is stored anew, without the old writes.
    await put(other, threadConfig("t"), { n: 1 }, { n: 1 }, ["n"], id);
    await other.putWrites(config, [["n", 3]], "task");
    expect((await new AstridSaver(place.open()).getTuple(config))?.pendingWrites).toEqual([["task", "n", 3]]);
    expect((await listed(saver)).length).toBe(1);
  });

  test("two savers on one thread lose none of each other's checkpoints and writes", async () => {
    const savers = [new AstridSaver(place.open()), new AstridSaver(place.open())];
    const all = await Promise.all(
      savers.map(async (saver, index) => {
        const ids: string[] = [];
        let config = threadConfig("t");
        for (let n = 1; n <= 15; n++) {
          config = await put(saver, config, { list: Array.from({ length: n }, () => index) }, { list: n });
          await saver.putWrites(config, [["n", n]], `task ${index}`);
          ids.push(String(config.configurable?.["checkpoint_id"]));
        }
        return ids;
      }),
    );
    for (const saver of [...savers, new AstridSaver(place.open())]) {
      const tuples = await listed(saver, threadConfig("t"));
      expect(tuples.map(({ checkpoint }) => checkpoint.id).sort()).toEqual(all.flat().sort());
      for (const { checkpoint, pendingWrites } of tuples) {
        const n = checkpoint.channel_versions["list"];
        const index = all.findIndex((ids) => ids.includes(checkpoint.id));
        expect(checkpoint.channel_values["list"]).toEqual(Array.from({ length: Number(n) }, () => index));
        expect(pendingWrites).toEqual([[`task ${index}`, "n", n]]);
      }
    }
  });
});
