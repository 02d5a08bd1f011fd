import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { SessionStore } from "../../../src/index.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";

const TURNS = 60;
/** A turn's two messages, as LangChain serializes them, are 700 bytes. */
const PER_TURN = 12_000;

test(`a one-node turn takes at most ${PER_TURN} bytes on disk, the last like the first`, async () => {
  const directory = temporaryDirectory();
  const sizes: number[] = [];
  await using store = new SessionStore(directory);
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("answer", ({ messages }) => ({
      messages: [new AIMessage({ content: `${messages.length} ${"lorem ".repeat(40)}` })],
    }))
    .addEdge(START, "answer")
    .compile({ checkpointer: new AstridSaver(store) });
  for (let turn = 0; turn < TURNS; turn++) {
    await graph.invoke(
      { messages: [new HumanMessage(`Question ${turn}?`)] },
      { configurable: { thread_id: "t" } },
    );
    const journal = readdirSync(directory).find((name) => name.endsWith(".journal.jsonl")) ?? "";
    sizes.push(statSync(join(directory, journal)).size);
  }
  const [id = ""] = await store.list();
  await store.checkpoint(id);
  const total = (sizes.at(-1) ?? 0) + statSync(join(directory, `${id}.json`)).size;
  expect(total / TURNS).toBeLessThan(PER_TURN);
  const turn = (index: number): number => (sizes[index] ?? 0) - (sizes[index - 1] ?? 0);
  expect(turn(TURNS - 1)).toBeLessThan(turn(2) * 1.1);
});
