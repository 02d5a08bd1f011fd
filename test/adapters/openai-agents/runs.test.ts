import { Runner, type AgentInputItem } from "@openai/agents-core";
import { assistantMessage, modelError, ScriptedModel } from "@openai/agents-core/testing";
import { expect, test } from "vitest";
import { openaiSession, recorded } from "../../../src/adapters/openai-agents/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { agentWith, brief, look, runner, runRecorded } from "./samples.ts";

describeOnEachEngine("runs of an agent", (place) => {
  test("a plain run with the session: the next run has the history", async () => {
    const session = openaiSession(place.open(), { sessionId: "s" });
    const model = new ScriptedModel([
      [look("c1", "home")],
      [assistantMessage("It is at home.")],
      [assistantMessage("Yes.")],
    ]);
    await runner.run(agentWith(model), "Where is it?", { session });
    await runner.run(agentWith(model), "Sure?", { session: openaiSession(place.open(), { sessionId: "s" }) });
    const expected = [
      "user Where is it?",
      "call c1",
      "result c1",
      "assistant It is at home.",
      "user Sure?",
      "assistant Yes.",
    ];
    expect(brief(await session.getItems())).toEqual(expected);
    expect(brief(model.lastCall?.request.input as AgentInputItem[])).toEqual(expected.slice(0, 5));
  });

  for (const stream of [false, true]) {
    const streamed = stream ? ", streamed" : "";
    const run = (
      model: ScriptedModel,
      session = openaiSession(place.open(), { sessionId: "s" }),
      input = "Where is it?",
    ) => runRecorded(agentWith(model), session, input, { stream });

    test(`recorded${streamed}: what the runner would have stored, each item once, and no commit rewrites one`, async () => {
      const store = place.open();
      const script = () => [
        [look("c1", "a"), look("c2", "b")],
        [look("c3", "c")],
        [assistantMessage("At c.")],
      ];
      const session = openaiSession(store, { sessionId: "s" });
      await run(new ScriptedModel(script()), session);
      const plain = openaiSession(store, { sessionId: "plain" });
      await runner.run(agentWith(new ScriptedModel(script())), "Where is it?", { session: plain });
      const items = await session.getItems();
      expect(items).toEqual(await plain.getItems());
      expect(items).toHaveLength(8);
      for await (const { splice } of store.engine.commits(session.id, 0)) expect(splice?.[1] ?? 0).toBe(0);
    });

    test(`recorded${streamed}: a model that fails after a tool call loses nothing, and the next run goes on from there`, async () => {
      const session = openaiSession(place.open(), { sessionId: "s" });
      const failing = new ScriptedModel([[look("c1", "home")], modelError(new Error("overloaded"))]);
      await expect(run(failing)).rejects.toThrow("overloaded");
      const kept = ["user Where is it?", "call c1", "result c1"];
      expect(brief(await session.getItems())).toEqual(kept);
      const model = new ScriptedModel([[assistantMessage("At home.")]]);
      await run(model, session, "Go on");
      expect(brief(model.lastCall?.request.input as AgentInputItem[])).toEqual([...kept, "user Go on"]);
      expect(brief(await session.getItems())).toEqual([...kept, "user Go on", "assistant At home."]);
    });

    test(`recorded${streamed}: a model that fails at once has not lost the user's message`, async () => {
      await expect(run(new ScriptedModel([modelError(new Error("down"))]))).rejects.toThrow("down");
      expect(brief(await openaiSession(place.open(), { sessionId: "s" }).getItems())).toEqual([
        "user Where is it?",
      ]);
    });
  }

  test("not recorded, a run that fails stores nothing: this is why", async () => {
    const session = openaiSession(place.open());
    const model = new ScriptedModel([[look("c1", "home")], modelError(new Error("overloaded"))]);
    await expect(runner.run(agentWith(model), "Where is it?", { session })).rejects.toThrow("overloaded");
    expect(await session.getItems()).toEqual([]);
  });

  test("the input is stored before the model is called, and a call before its tool has ended", async () => {
    const session = openaiSession(place.open(), { sessionId: "s" });
    const other = openaiSession(place.open(), { sessionId: "s" });
    const seen: string[][] = [];
    const model = new ScriptedModel([
      {
        type: "responder",
        respond: async () => (seen.push(brief(await other.getItems())), [look("c1", "home")]),
      },
      {
        type: "responder",
        respond: async () => (seen.push(brief(await other.getItems())), [assistantMessage("Yes.")]),
      },
    ]);
    const agent = agentWith(model, async () => {
      while ((await other.getItems()).length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
      return "found";
    });
    await recorded(runner, session, (recording) => runner.run(agent, "Where?", recording));
    expect(seen).toEqual([["user Where?"], ["user Where?", "call c1", "result c1"]]);
  });

  test("callbacks of the runner and of the run are called; what the runner stores counts", async () => {
    const store = place.open();
    const own = new Runner({
      tracingDisabled: true,
      sessionInputCallback: (history, items) => [...history.slice(-1), ...items],
    });
    const session = openaiSession(store, { sessionId: "s" });
    await session.addItems([
      { role: "user", content: "old" },
      { role: "user", content: "newer" },
    ]);
    const model = new ScriptedModel([[look("c1", "home")], [assistantMessage("Yes.")]]);
    await recorded(own, session, (recording) => own.run(agentWith(model), "my secret", recording), {
      callModelInputFilter: ({ modelData }) => ({
        ...modelData,
        input: modelData.input.map((item) =>
          "content" in item && item.content === "my secret" ? { ...item, content: "***" } : item,
        ) as AgentInputItem[],
      }),
    });
    expect(brief(model.firstCall?.request.input as AgentInputItem[])).toEqual(["user newer", "user ***"]);
    expect(brief(await session.getItems())).toEqual([
      "user old",
      "user newer",
      "user ***",
      "call c1",
      "result c1",
      "assistant Yes.",
    ]);
  });
});
