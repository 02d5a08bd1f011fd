import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import type { FileBeside } from "../importer.ts";

/** What a tool answered at length stands in a file of its own, in the folder that has the session's name. */
const RESULTS = "tool-results";
const SAID = "<persisted-output>";
/** The path stands at the answer's beginning. */
const LOOKED_AT = 2000;
const SAVED_TO = /saved to: (.+)/;
const IN_RESULTS = /[\\/]([^\\/\n]+)[\\/]tool-results[\\/]([^\\/\n]+?)\s*$/;

/** What Claude Code keeps beside a transcript: its session's `tool-results`, or what it notes of a sub-agent. */
export async function filesBeside(path: string): Promise<FileBeside[]> {
  const folder = dirname(path);
  const own = basename(path, ".jsonl");
  const results = join(folder, own, RESULTS);
  const found = await namesIn(results);
  const files = found.map((name) => ({
    name: `${own}/${RESULTS}/${name.replaceAll(sep, "/")}`,
    path: join(results, name),
  }));
  const about = `${own}.meta.json`;
  if (own.startsWith("agent-") && (await isFile(join(folder, about))))
    files.push({ name: about, path: join(folder, about) });
  return files;
}

async function namesIn(folder: string): Promise<string[]> {
  // Hardly any session has them, and to look is much less than to list.
  if (!existsSync(folder)) return [];
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
      .sort();
  } catch {
    // What is named and missing is told.
    return [];
  }
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** The files of a session's own `tool-results` that a record names. A fork repeats records that name its parent's. */
export function namedBeside(record: JsonObject, path: string): string[] {
  if (record["type"] !== "user") return [];
  const { message, toolUseResult } = record;
  const said = isJsonObject(message) ? resultsIn(message["content"]) : [];
  const paths = said.flatMap((text) => SAVED_TO.exec(text.slice(0, LOOKED_AT))?.[1] ?? []);
  const noted = isJsonObject(toolUseResult) ? toolUseResult["persistedOutputPath"] : undefined;
  if (typeof noted === "string") paths.push(noted);
  const own = basename(path, ".jsonl");
  const names = paths.flatMap((one) => {
    const [, session, name] = IN_RESULTS.exec(one) ?? [];
    return session === own && name !== undefined ? [`${own}/${RESULTS}/${name}`] : [];
  });
  return [...new Set(names)];
}

/** Answers of tools that say where the rest of them is. */
function resultsIn(content: Json | undefined): string[] {
  if (!Array.isArray(content)) return [];
  return (content as readonly Json[]).flatMap((block) => {
    if (!isJsonObject(block) || block["type"] !== "tool_result") return [];
    const inner = block["content"];
    const parts = Array.isArray(inner) ? (inner as readonly Json[]) : [{ text: inner ?? "" }];
    return parts.flatMap((part) => {
      const text = isJsonObject(part) ? part["text"] : undefined;
      return typeof text === "string" && text.startsWith(SAID) ? [text] : [];
    });
  });
}
