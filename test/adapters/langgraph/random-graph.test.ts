import { AIMessage, HumanMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  Annotation,
  Command,
  END,
  interrupt,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
  type BaseCheckpointSaver,
} from "@langchain/langgraph";
import { expect, test } from "vitest";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { seededRandom } from "../../../src/demo/random.ts";
import { describeOnEachEngine } from "../each-engine.ts";
import { BesideMemorySaver } from "./beside-memory-saver.ts";
import { listed, threadConfig } from "./samples.ts";

const TURNS = 60;

const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  found: Annotation<string[]>({ reducer: (before, more) => [...before, ...more], default: () => [] }),
  questions: Annotation<number>(),
});

/** What one worker is sent. */
const Errand = Annotation.Root({ place: Annotation<string>(), found: State.spec.found });

/** A graph with all that writes checkpoints: branches in parallel, sends, a subgraph, several questions in one node. */
function graphOn(checkpointer: BaseCheckpointSaver) {
  const inner = new StateGraph(State)
    .addNode("think", ({ messages }) => ({ messages: [new AIMessage(`thought about ${messages.length}`)] }))
    .addNode("confirm", ({ questions }) => ({ found: questions > 2 ? [String(interrupt("Sure?"))] : [] }))
    .addEdge(START, "think")
    .addEdge("think", "confirm")
    .compile();
  return new StateGraph(State)
    .addNode("plan", ({ messages }) => ({
      messages: [new AIMessage({ content: `plan ${messages.length}` })],
    }))
    .addNode("search", ({ place }: typeof Errand.State) => ({ found: [`found at ${place}`] }), {
      input: Errand,
    })
    .addNode("inner", inner)
    .addNode("ask", ({ questions }) => {
      const answers = Array.from({ length: questions }, (_, n) => String(interrupt({ question: n })));
      return { messages: answers.map((answer) => new HumanMessage(answer)) };
    })
    .addEdge(START, "plan")
    .addConditionalEdges(
      "plan",
      ({ questions }) => [
        ...Array.from({ length: questions }, (_, n) => new Send("search", { place: String(n) })),
        "inner",
      ],
      ["search", "inner"],
    )
    .addEdge("inner", "ask")
    .addConditionalEdges("ask", ({ found }) => (found.length % 5 === 4 ? "plan" : END), ["plan", END])
    .compile({ checkpointer });
}

async function checkpointsOf(saver: BaseCheckpointSaver, thread: string): Promise<RunnableConfig[]> {
  return (await listed(saver, threadConfig(thread))).map(({ config }) => config);
}

describeOnEachEngine("a graph on both savers", (place) => {
  test(`${TURNS} random turns: runs, answers, replays, updates, in every durability`, async () => {
    const random = seededRandom(7);
    const one = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
    const both = new BesideMemorySaver(new AstridSaver(place.open()));
    let graph = graphOn(both);
    let questionsAnswered = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      const thread = one(["a", "b"]);
      const config = { configurable: { thread_id: thread } };
      const options = { ...config, durability: one(["sync", "async", "exit"] as const) };
      const { next, tasks } = await graph.getState(config);
      const kind = random();
      if (kind < 0.05) await both.deleteThread(thread);
      else if (next.length > 0 && tasks.some(({ interrupts }) => interrupts.length > 0) && kind < 0.8) {
        await graph.invoke(new Command({ resume: `answer ${turn}` }), options);
        questionsAnswered++;
      } else if (kind < 0.15) {
        await graph.updateState(
          config,
          { messages: [new HumanMessage(`told ${turn}`)], questions: 1 },
          "plan",
        );
      } else if (kind < 0.25) {
        const earlier = one(await checkpointsOf(both, thread));
        if (earlier !== undefined)
          await graph.invoke(null, { ...options, configurable: { ...earlier.configurable } });
      } else {
        const questions = Math.floor(random() * 4);
        await graph.invoke({ messages: [new HumanMessage(`turn ${turn}`)], questions }, options);
      }
      if (random() < 0.2) {
        both.own = new AstridSaver(place.open());
        graph = graphOn(both);
      }
      for await (const _ of graph.getStateHistory(config));
    }
    expect(questionsAnswered).toBeGreaterThan(5);
    for (const thread of ["a", "b"]) await checkpointsOf(both, thread);
    expect(both.operations).toBeGreaterThan(6 * TURNS);
  });
});
