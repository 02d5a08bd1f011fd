import { join } from "node:path";
import type { Message } from "../../src/index.ts";
import { importPeer } from "../harness/peer.ts";
import type { Contender } from "./contender.ts";

interface MemoryDomain {
  saveThread(input: { thread: object }): Promise<unknown>;
  saveMessages(input: { messages: object[] }): Promise<unknown>;
}

interface LibSqlStore {
  readonly client: { execute(sql: string): Promise<{ rows: { synchronous?: number }[] }>; close(): void };
  init(): Promise<void>;
  getStore(name: "memory"): Promise<MemoryDomain>;
}

interface MastraLibSql {
  readonly LibSQLStore: new (options: { id: string; url: string }) => LibSqlStore;
}

/** Mastra's memory on libsql: a row per message. */
export const mastra: Contender = memory("Mastra libsql memory, default", false);

export const durableMastra: Contender = memory("Mastra libsql memory, synchronous FULL", true);

function memory(name: string, durable: boolean): Contender {
  return {
    name,
    // Its store sets synchronous = NORMAL.
    survives: durable ? "power cut" : "process death",
    async open(folder) {
      const { LibSQLStore } = (await importPeer("@mastra/libsql")) as MastraLibSql;
      const store = new LibSQLStore({ id: "bench", url: `file:${join(folder, "memory.sqlite")}` });
      await store.init();
      const domain = await store.getStore("memory");
      if (durable) await store.client.execute("PRAGMA synchronous = FULL");
      return {
        async begin(id, messages) {
          const now = new Date();
          const thread = { id, resourceId: "bench", title: "", createdAt: now, updatedAt: now, metadata: {} };
          await domain.saveThread({ thread });
          let count = 0;
          const save = (turn: readonly Message[]): Promise<unknown> =>
            domain.saveMessages({ messages: turn.map((message) => mastraMessage(id, count++, message)) });
          for (let at = 0; at < messages.length; at += 200) await save(messages.slice(at, at + 200));
          if (durable) await assertFull(store);
          return save;
        },
        close: async () => store.client.close(),
      };
    },
  };
}

/** A client that opened a new connection since would have lost the setting. */
async function assertFull(store: LibSqlStore): Promise<void> {
  const { rows } = await store.client.execute("PRAGMA synchronous");
  if (rows[0]?.synchronous !== 2) throw new Error("the client does not keep synchronous = FULL");
}

function mastraMessage(threadId: string, count: number, { role, content }: Message): object {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return {
    id: `${threadId}-${count}`,
    ...{ threadId, resourceId: "bench", type: "text", createdAt: new Date() },
    role: role === "tool" ? "assistant" : role,
    content: { format: 2, parts: [{ type: "text", text }] },
  };
}
