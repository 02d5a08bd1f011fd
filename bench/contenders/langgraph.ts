import { join } from "node:path";
import type { Message } from "../../src/index.ts";
import { importPeer } from "../harness/peer.ts";
import type { Contender } from "./contender.ts";

interface SqliteSaver {
  readonly db: { pragma(statement: string): unknown; close(): void };
  put(config: object, checkpoint: object, metadata: object): Promise<object>;
}

interface Modules {
  readonly SqliteSaver: { fromConnString(path: string): SqliteSaver };
  readonly uuid6: (clock: number) => string;
}

/**
 * LangGraph's saver. A checkpoint holds the whole list of messages. One `put` per turn, which flatters it: a graph of
 * one node makes three, and two `putWrites`.
 */
export const langGraph: Contender = saver("LangGraph SqliteSaver, default", false);

export const durableLangGraph: Contender = saver("LangGraph SqliteSaver, synchronous FULL", true);

function saver(name: string, durable: boolean): Contender {
  return {
    name,
    // In WAL mode its SQLite is built to sync at checkpoints of the log only.
    survives: durable ? "power cut" : "process death",
    async open(folder) {
      const modules = {
        ...((await importPeer("@langchain/langgraph-checkpoint")) as object),
        ...((await importPeer("@langchain/langgraph-checkpoint-sqlite")) as object),
      } as Modules;
      const store = modules.SqliteSaver.fromConnString(join(folder, "checkpoints.sqlite"));
      if (durable) store.db.pragma("synchronous = FULL");
      return {
        async begin(id, messages) {
          const all = messages.slice();
          let config: object = { configurable: { thread_id: id, checkpoint_ns: "" } };
          let version = 0;
          const save = async (turn: readonly Message[]): Promise<void> => {
            all.push(...turn);
            version++;
            const checkpoint = {
              v: 4,
              id: modules.uuid6(version),
              ts: new Date().toISOString(),
              channel_values: { messages: all },
              channel_versions: { messages: version },
              versions_seen: {},
            };
            config = await store.put(config, checkpoint, { source: "loop", step: version, parents: {} });
          };
          await save([]);
          return save;
        },
        close: async () => store.db.close(),
      };
    },
  };
}
