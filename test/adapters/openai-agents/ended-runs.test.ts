import { Runner, type InputGuardrail } from "@openai/agents-core";
import { assistantMessage, ScriptedModel } from "@openai/agents-core/testing";
import { expect, test } from "vitest";
import { openaiSession, recorded } from "../../../src/adapters/openai-agents/index.ts";
import type { SessionStore } from "../../../src/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { agentWith, brief, look, runner, runRecorded } from "./samples.ts";

/** Everything that ever stood in a session, in its history too. */
async function everStored(store: SessionStore, id: string): Promise<string> {
  const commits: unknown[] = [];
  if ((await store.summary(id)) !== undefined)
    for await (const { splice } of store.engine.commits(id as never, 0)) commits.push(splice);
  return JSON.stringify(commits);
}

function refusing(runInParallel: boolean): InputGuardrail {
  return {
    name: "no secrets",
    runInParallel,
    execute: async ({ input }) => ({
      tripwireTriggered: JSON.stringify(input).includes("my secret"),
      outputInfo: undefined,
    }),
  };
}

describeOnEachEngine("a recorded run that is ended", (place) => {
  for (const stream of [false, true]) {
    const streamed = stream ? ", streamed" : "";

    test(`by maxTurns${streamed}: the last tool's result is kept, and the next run goes on from there`, async () => {
      const session = openaiSession(place.open(), { sessionId: "s" });
      const model = new ScriptedModel([[look("c1", "a")], [look("c2", "b"), look("c3", "c")]]);
      await expect(runRecorded(agentWith(model), session, "Where?", { stream, maxTurns: 2 })).rejects.toThrow(
        "Max turns (2) exceeded",
      );
      const kept = ["user Where?", "call c1", "result c1", "call c2", "call c3", "result c2", "result c3"];
      const other = openaiSession(place.open(), { sessionId: "s" });
      expect(brief(await other.getItems())).toEqual(kept);
      expect(brief(await session.getItems())).toEqual(kept);
      const next = new ScriptedModel([[assistantMessage("At c.")]]);
      await runRecorded(agentWith(next), session, "Go on", { stream });
      expect(brief(await other.getItems())).toEqual([...kept, "user Go on", "assistant At c."]);
      expect(brief((next.lastCall?.request.input ?? []) as never)).toEqual([...kept, "user Go on"]);
    });

    test(`by a guardrail before the model${streamed}: the refused input is stored nowhere`, async () => {
      const store = place.open();
      const session = openaiSession(store, { sessionId: "s" });
      const agent = (script: ConstructorParameters<typeof ScriptedModel>[0]) =>
        agentWith(new ScriptedModel(script), undefined, { inputGuardrails: [refusing(false)] });
      await runRecorded(agent([[assistantMessage("Yes.")]]), session, "Hello", { stream });
      await expect(runRecorded(agent([]), session, "my secret", { stream })).rejects.toThrow(
        "Input guardrail",
      );
      expect(brief(await session.getItems())).toEqual(["user Hello", "assistant Yes."]);
      expect(await everStored(store, session.id)).not.toContain("my secret");
    });

    test(`by a guardrail beside the model${streamed}: the refused input is taken back, as the runner does`, async () => {
      const store = place.open();
      const session = openaiSession(store, { sessionId: "s" });
      const agent = (script: ConstructorParameters<typeof ScriptedModel>[0]) =>
        agentWith(new ScriptedModel(script), undefined, { inputGuardrails: [refusing(true)] });
      await runRecorded(agent([[assistantMessage("Yes.")]]), session, "Hello", { stream });
      await expect(runRecorded(agent([[look("c1", "a")]]), session, "my secret", { stream })).rejects.toThrow(
        "Input guardrail",
      );
      expect(brief(await session.getItems())).toEqual(["user Hello", "assistant Yes."]);
    });
  }

  test("calls of tools in another run of the same runner, also within a tool, are not this run's", async () => {
    const session = openaiSession(place.open(), { sessionId: "s" });
    const inner = new ScriptedModel([[look("inner", "x")], [assistantMessage("inside")]]);
    const beside = new ScriptedModel([[look("beside", "x")], [assistantMessage("beside")]]);
    const own = new Runner({ tracingDisabled: true });
    const model = new ScriptedModel([[look("c1", "a")], [assistantMessage("Yes.")]]);
    const agent = agentWith(model, async () => {
      await own.run(agentWith(inner), "within");
      return "found";
    });
    await Promise.all([
      recorded(own, session, (recording) => own.run(agent, "Where?", recording)),
      own.run(agentWith(beside), "other"),
    ]);
    expect(brief(await session.getItems())).toEqual([
      "user Where?",
      "call c1",
      "result c1",
      "assistant Yes.",
    ]);
    const commits: unknown[] = [];
    for await (const { splice } of place.open().engine.commits(session.id, 0)) commits.push(splice);
    expect(JSON.stringify(commits)).not.toMatch(/inner|beside/);
  });

  test("a session of somebody else is refused with a sentence", async () => {
    const { MemorySession } = await import("@openai/agents-core");
    await expect(
      recorded(runner, new MemorySession(), (recording) =>
        runner.run(agentWith(new ScriptedModel([])), "x", recording),
      ),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("openaiSession") as string,
    });
  });
});
