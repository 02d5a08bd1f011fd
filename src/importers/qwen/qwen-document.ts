import type { Importer } from "../importer.ts";
import type { Beginning } from "../read/beginning.ts";
import { isChatDocument } from "../gemini/gemini.ts";
import { GeminiReader } from "../gemini/gemini-reader.ts";

/** Whose folder a chat lies in. */
const IN_FOLDER = /[\\/]\.(qwen|gemini)[\\/]/g;
/** A chat that lies elsewhere: what only Qwen Code writes into one. Quotes within a text are escaped. */
const OWN = /"type"\s*:\s*"qwen"|"model"\s*:\s*"(?:qwen|coder-model"|vision-model")/i;

/** Qwen Code's chats before it wrote lines: the document of Gemini CLI, of which it is a fork. */
export const qwenDocument: Importer = {
  format: "qwen",
  version: 1,
  shape: "document",
  recognises: (beginning) => isChatDocument(beginning) && isQwens(beginning),
  begin: (harvest) => new GeminiReader(harvest, "qwen"),
};

function isQwens({ path, text }: Beginning): boolean {
  // A project may lie in another agent's folder, not the other way round: the last one counts.
  const folder = [...path.matchAll(IN_FOLDER)].at(-1)?.[1];
  return folder === undefined ? OWN.test(text) : folder === "qwen";
}
