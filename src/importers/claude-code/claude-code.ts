import type { Importer } from "../importer.ts";
import { ClaudeReader } from "./claude-reader.ts";
import { filesBeside } from "./files-beside.ts";
import { isClaudeRecord } from "./record.ts";

/** Claude Code's transcripts: one JSON record on each line, a tree by `parentUuid`. */
export const claudeCode: Importer = {
  format: "claude-code",
  version: 2,
  shape: "lines",
  recognises: (beginning) => beginning.records.some(isClaudeRecord),
  isRecord: isClaudeRecord,
  beside: filesBeside,
  begin: (harvest) => new ClaudeReader(harvest),
};
