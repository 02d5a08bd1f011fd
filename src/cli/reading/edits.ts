import { isJsonObject, type Json, type JsonObject } from "../../session/json.ts";

/** A line of a diff: what went, what came, what stayed, and what is said about them. */
export interface DiffLine {
  readonly sign: "+" | "-" | " " | "@";
  readonly text: string;
}

export interface Edit {
  readonly lines: readonly DiffLine[];
  readonly added: number;
  readonly removed: number;
}

/** Lines around a change that show where it is. */
const AROUND = 2;
/** Above so many comparisons a change is told as what went and what came. */
const MOST_COMPARED = 250_000;

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

/** What became of a text, line by line. */
function diffOf(before: string, after: string): DiffLine[] {
  const [left, right] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  const most = Math.min(left.length, right.length) - start;
  while (end < most && left[left.length - 1 - end] === right[right.length - 1 - end]) end++;
  const kept = (text: string): DiffLine => ({ sign: " ", text });
  return [
    ...left.slice(Math.max(start - AROUND, 0), start).map(kept),
    ...changes(left.slice(start, left.length - end), right.slice(start, right.length - end)),
    ...left.slice(left.length - end, left.length - Math.max(end - AROUND, 0)).map(kept),
  ];
}

/** By the longest common run of lines, where that is soon found. */
function changes(left: readonly string[], right: readonly string[]): DiffLine[] {
  const gone = (text: string): DiffLine => ({ sign: "-", text });
  const come = (text: string): DiffLine => ({ sign: "+", text });
  const [rows, columns] = [left.length, right.length];
  if (rows * columns > MOST_COMPARED) return [...left.map(gone), ...right.map(come)];
  const width = columns + 1;
  /** At [row, column]: how many lines the rests of both have in common. */
  const common = new Uint16Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row--)
    for (let column = columns - 1; column >= 0; column--)
      common[row * width + column] =
        left[row] === right[column]
          ? (common[(row + 1) * width + column + 1] ?? 0) + 1
          : Math.max(common[(row + 1) * width + column] ?? 0, common[row * width + column + 1] ?? 0);
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    const [old, fresh] = [left[row], right[column]];
    if (row < rows && column < columns && old === fresh) {
      lines.push({ sign: " ", text: old ?? "" });
      row++;
      column++;
    } else if (
      column === columns ||
      (row < rows && (common[(row + 1) * width + column] ?? 0) >= (common[row * width + column + 1] ?? 0))
    ) {
      lines.push(gone(old ?? ""));
      row++;
    } else {
      lines.push(come(fresh ?? ""));
      column++;
    }
  }
  return lines;
}

function replacement(input: JsonObject): DiffLine[] {
  return diffOf(textOf(input, OLD) ?? "", textOf(input, NEW) ?? "");
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

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
