import { join } from "node:path";
import { saveDocument, type SeedDocument } from "../seed/save.ts";
import type { Contender } from "./contender.ts";

/** Astrid's own store, as it is: the whole session, pretty-printed, into a temporary file that is renamed. */
export const seed: Contender = seedContender("seed's algorithm, as it is", false);

/** The same with what is missing for durability: the file synced before the rename, the directory after it. */
export const durableSeed: Contender = seedContender("seed's algorithm, made durable", true);

function seedContender(name: string, durable: boolean): Contender {
  return {
    name,
    survives: durable ? "power cut" : "process death",
    async open(folder) {
      return {
        async begin(id, messages) {
          const document: SeedDocument = { ...emptyDocument(id), messages: messages.slice() };
          const path = join(folder, `${id}.json`);
          await saveDocument(path, document, durable);
          return (turn) => {
            document.messages.push(...turn);
            return saveDocument(path, document, durable);
          };
        },
        close: async () => undefined,
      };
    },
  };
}

function emptyDocument(id: string): SeedDocument {
  return {
    id,
    user_id: "0000000000000000",
    messages: [],
    system_prompt: "You are helpful.",
    created_at: "2026-01-01T00:00:00Z",
    token_count: 0,
    metadata: { title: null, tags: [], turn_count: 0, tool_call_count: 0, approval_count: 0, custom: {} },
    allowances: [],
    workspace_path: null,
    model: null,
  };
}
