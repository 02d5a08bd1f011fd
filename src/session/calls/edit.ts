import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import { lineDiff, linesOf, type DiffLine } from "./line-diff.ts";

/** What a call changes in files, line by line. */
export interface Edit {
  readonly lines: readonly DiffLine[];
  readonly added: number;
  readonly removed: number;
}

const OLD = ["old_string", "old_str", "oldString", "oldText", "old_text", "search"];
const NEW = ["new_string", "new_str", "newString", "newText", "new_text", "replace", "new_source"];
const WHOLE = ["content", "file_text", "contents"];
const PATCHES = ["patch", "diff", "input"];

/** What a call of a tool changes in a file, as far as its arguments tell it; `undefined` for what edits nothing. */
export function editIn(input: Json): Edit | undefined {
  if (typeof input === "string") return isPatch(input) ? patchEdit(input) : undefined;
  if (!isJsonObject(input)) return undefined;
  const { edits } = input;
  if (Array.isArray(edits)) {
    const parts = (edits as readonly Json[]).filter((edit) => isJsonObject(edit)).map(replacement);
    return editOf(parts.flatMap((part, index) => (index === 0 ? part : [{ sign: "@", text: "" }, ...part])));
  }
  if (textOf(input, OLD) !== undefined || textOf(input, NEW) !== undefined) return editOf(replacement(input));
  const patch = textOf(input, PATCHES);
  if (patch !== undefined && isPatch(patch)) return patchEdit(patch);
  const whole = textOf(input, WHOLE);
  const isFile = ["file_path", "path", "absolute_path", "filePath"].some(
    (key) => typeof input[key] === "string",
  );
  if (whole !== undefined && isFile) return editOf(linesOf(whole).map((text) => ({ sign: "+", text })));
  const { command } = input;
  const script = Array.isArray(command) ? (command as readonly Json[]).at(-1) : command;
  return typeof script === "string" && isPatch(script) ? patchEdit(script) : undefined;
}

function replacement(input: JsonObject): DiffLine[] {
  return lineDiff(textOf(input, OLD) ?? "", textOf(input, NEW) ?? "");
}

function editOf(lines: readonly DiffLine[]): Edit {
  const count = (sign: string): number => lines.filter((line) => line.sign === sign).length;
  return { lines, added: count("+"), removed: count("-") };
}

function isPatch(text: string): boolean {
  return /^(?:\*\*\* (?:Begin Patch|Update File|Add File|Delete File)|@@ |diff --git |--- )/m.test(text);
}

/** Codex's patches, and unified diffs. */
function patchEdit(patch: string): Edit {
  const lines: DiffLine[] = [];
  for (const line of patch.split("\n")) {
    const file = /^\*\*\* (Update|Add|Delete) File: (.*)/.exec(line);
    if (file !== null) lines.push({ sign: "@", text: `${file[1] ?? ""} ${file[2] ?? ""}` });
    else if (/^(\+\+\+|---) /.test(line)) lines.push({ sign: "@", text: line.slice(4) });
    else if (line.startsWith("@@")) lines.push({ sign: "@", text: line.replace(/^@@\s*/, "") });
    else if (line.startsWith("+")) lines.push({ sign: "+", text: line.slice(1) });
    else if (line.startsWith("-")) lines.push({ sign: "-", text: line.slice(1) });
    else if (line.startsWith(" ")) lines.push({ sign: " ", text: line.slice(1) });
  }
  return editOf(lines);
}

function textOf(input: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = input[key];
    if (typeof value === "string") return value;
  }
  return undefined;
}
