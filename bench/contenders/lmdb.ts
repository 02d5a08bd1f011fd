import { join } from "node:path";
import type { Message } from "../../src/index.ts";
import { importPeer } from "../harness/peer.ts";
import type { Contender } from "./contender.ts";

interface Lmdb {
  open(options: { path: string; maxDbs: number }): {
    put(key: [string, number], value: Message): Promise<boolean>;
    close(): Promise<void>;
  };
}

/** One entry per message. A put's promise resolves when its transaction is on the disk. */
export const lmdb: Contender = {
  name: "lmdb, entry per message",
  survives: "power cut",
  async open(folder) {
    const { open } = (await importPeer("lmdb")) as Lmdb;
    const database = open({ path: join(folder, "sessions.lmdb"), maxDbs: 1 });
    return {
      async begin(id, messages) {
        let count = 0;
        const save = (turn: readonly Message[]): Promise<unknown> =>
          Promise.all(turn.map((message) => database.put([id, count++], message)));
        await save(messages);
        return save;
      },
      close: () => database.close(),
    };
  },
};
