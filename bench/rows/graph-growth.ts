import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { MessagesAnnotation, START, StateGraph, type BaseCheckpointSaver } from "@langchain/langgraph";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { AstridSaver } from "../../src/adapters/langgraph/index.ts";
import { SessionStore } from "../../src/index.ts";
import { importPeer } from "../harness/peer.ts";
import type { BenchContext, RowGroup } from "../harness/row-group.ts";
import { spreadOf } from "../harness/statistics.ts";

interface OpenedSaver {
  readonly saver: BaseCheckpointSaver;
  readonly close: () => Promise<void>;
}

const SAVERS: Readonly<Record<string, (folder: string) => Promise<OpenedSaver>>> = {
  "astrid-sessions": async (folder) => {
    const store = new SessionStore(folder);
    return { saver: new AstridSaver(store), close: () => store.close() };
  },
  "LangGraph SqliteSaver": async (folder) => {
    const { SqliteSaver } = (await importPeer("@langchain/langgraph-checkpoint-sqlite")) as {
      SqliteSaver: { fromConnString(path: string): BaseCheckpointSaver & { db: { close(): void } } };
    };
    const saver = SqliteSaver.fromConnString(join(folder, "checkpoints.sqlite"));
    return { saver, close: async () => saver.db.close() };
  },
};

/** Bytes on disk of a thread whose graph has one node, after its turns. */
export const graphGrowth: RowGroup = {
  name: "graph-growth",
  async run(context) {
    const turns = context.quick ? 50 : 1000;
    const bytes: number[] = [];
    for (const [contender, open] of Object.entries(SAVERS)) {
      try {
        bytes.push(await measure(context, contender, open, turns));
      } catch (error) {
        context.report.skip(contender, error);
      }
    }
    const [ours, theirs] = bytes;
    // A short thread is no measure of growth.
    if (ours === undefined || theirs === undefined || context.quick) return;
    context.report.atMost(`bytes of a thread of ${turns} one-node turns ÷ SqliteSaver's`, ours / theirs, 0.1);
  },
};

async function measure(
  { report, scratch }: BenchContext,
  contender: string,
  open: (folder: string) => Promise<OpenedSaver>,
  turns: number,
): Promise<number> {
  const folder = scratch.folder(contender);
  const { saver, close } = await open(folder);
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("model", ({ messages }) => ({
      messages: [new AIMessage(`Answer ${messages.length}: ${"lorem ipsum ".repeat(20)}`)],
    }))
    .addEdge(START, "model")
    .compile({ checkpointer: saver });
  const config = { configurable: { thread_id: "thread" } };
  for (let turn = 0; turn < turns; turn++) {
    await graph.invoke({ messages: [new HumanMessage(`Question ${turn}?`)] }, config);
  }
  await close();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  report.add({
    row: `A LangGraph thread of ${turns} one-node turns, on disk`,
    contender,
    unit: "MB",
    value: spreadOf([bytes / 1e6]),
  });
  return bytes;
}
