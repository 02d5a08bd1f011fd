import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Message } from "../../src/index.ts";
import type { Contender } from "./contender.ts";

/**
 * What the file session among the OpenAI Agents SDK's examples does: read the file, add the items, write the file in
 * place. Written anew here, because the example is not part of a package.
 */
export const openAiFileSession: Contender = {
  name: "OpenAI Agents' example, a JSON file rewritten",
  survives: "no crash in mid-write",
  async open(folder) {
    return {
      async begin(id, messages) {
        const path = join(folder, `${id}.json`);
        await writeFile(path, JSON.stringify(messages, null, 2), "utf8");
        return async (turn) => {
          const stored = JSON.parse(await readFile(path, "utf8")) as Message[];
          await writeFile(path, JSON.stringify([...stored, ...turn], null, 2), "utf8");
        };
      },
      close: async () => undefined,
    };
  },
};
