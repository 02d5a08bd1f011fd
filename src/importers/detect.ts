import { ImportError } from "../session/errors/errors.ts";
import { databaseFormatOf, isSqlite } from "./database/database-formats.ts";
import type { DatabaseFormat } from "./database/database-format.ts";
import { claudeCode } from "./claude-code/claude-code.ts";
import { cline } from "./cline/cline.ts";
import { clineTask } from "./cline/cline-task.ts";
import { codex } from "./codex/codex.ts";
import { copilot } from "./copilot/copilot.ts";
import { gemini, geminiLines } from "./gemini/gemini.ts";
import { gooseLines } from "./goose/goose-lines.ts";
import { kimiCode } from "./kimi/kimi-code.ts";
import { kimiCli } from "./kimi/kimi.ts";
import { openAiChat, openAiLines } from "./openai-chat/openai-chat.ts";
import { openClaw, pi } from "./pi/pi.ts";
import type { Importer } from "./importer.ts";
import { astrid } from "./native/astrid/astrid.ts";
import { jsonLines } from "./native/json-lines/json-lines.ts";
import type { NativeImporter } from "./native/native-importer.ts";
import type { Beginning } from "./read/beginning.ts";
import { isOpencodeSession } from "./opencode/opencode-tree.ts";
import { lookalike } from "./lookalike.ts";
import { qwen } from "./qwen/qwen.ts";
import { qwenDocument } from "./qwen/qwen-document.ts";
import { sweAgent } from "./swe-agent/swe-agent.ts";
import type { SourceFile } from "./read/source-file.ts";

/** Agents' formats; the more particular ones first. */
const IMPORTERS: readonly Importer[] = [
  qwen,
  claudeCode,
  codex,
  geminiLines,
  qwenDocument,
  gemini,
  pi,
  openClaw,
  copilot,
  kimiCli,
  kimiCode,
  cline,
  clineTask,
  sweAgent,
  gooseLines,
];

/** Forms that are nobody's own, and may be anything: only for files that are named themselves. */
const GENERAL: readonly Importer[] = [openAiLines, openAiChat];

const NATIVE: readonly NativeImporter[] = [jsonLines, astrid];

/** What reads the files of a format; `undefined` for one whose sessions stand in a database, or that is none. */
export function importerOf(format: string): Importer | undefined {
  return [...IMPORTERS, ...GENERAL].find((importer) => importer.format === format);
}

/** What reads a file. */
export type Detected =
  | { readonly type: "agent"; readonly importer: Importer }
  | { readonly type: "native"; readonly importer: NativeImporter }
  /** A database of an agent's, with all its sessions. */
  | { readonly type: "database"; readonly importer: DatabaseFormat }
  /** The session's file of opencode's old files, which has further ones in other folders. */
  | { readonly type: "tree"; readonly importer: { readonly format: "opencode" } }
  /** It is known what it is, and not read. */
  | { readonly type: "unsupported"; readonly name: string };

/**
 * What reads an open file, by its content; `undefined` for a readable file of no known format.
 * @throws {ImportError} when it is empty, filled with zero bytes, or a database that cannot be opened.
 */
export async function detected(source: SourceFile): Promise<Detected | undefined> {
  const beginning: Beginning = await source.beginning();
  const { start, path } = beginning;
  if (start.length === 0) throw new ImportError(path, "it is empty");
  if (start.every((byte) => byte === 0)) throw new ImportError(path, "it is filled with zero bytes");
  if (isSqlite(start)) {
    const importer = await databaseFormatOf(path);
    if (importer !== undefined) return { type: "database", importer };
  }
  // Every other format is JSON; this keeps pictures and programs from being read any further.
  if (start.includes("{")) {
    for (const importer of IMPORTERS) {
      if (importer.recognises(beginning)) return { type: "agent", importer };
    }
    if (isOpencodeSession(beginning)) return { type: "tree", importer: { format: "opencode" } };
    for (const importer of NATIVE) {
      if (await importer.recognises(path)) return { type: "native", importer };
    }
    for (const importer of GENERAL) {
      if (importer.recognises(beginning)) return { type: "agent", importer };
    }
  }
  const name = lookalike(beginning);
  return name === undefined ? undefined : { type: "unsupported", name };
}
