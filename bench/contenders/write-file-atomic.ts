import { join } from "node:path";
import { importPeer } from "../harness/peer.ts";
import type { Contender } from "./contender.ts";

type WriteFileAtomic = (path: string, text: string) => Promise<void>;

/** The session as one JSON file, rewritten; the package syncs the file, but not the directory after its rename. */
export const writeFileAtomic: Contender = {
  name: "write-file-atomic",
  survives: "power cut, not the new name",
  async open(folder) {
    const { default: write } = (await importPeer("write-file-atomic")) as { default: WriteFileAtomic };
    return {
      async begin(id, messages) {
        const all = messages.slice();
        const path = join(folder, `${id}.json`);
        await write(path, JSON.stringify(all));
        return (turn) => {
          all.push(...turn);
          return write(path, JSON.stringify(all));
        };
      },
      close: async () => undefined,
    };
  },
};
