import { isJsonObject, jsonText, type Json } from "../../../session/json.ts";
import type { ProjectedToolCall } from "../../../session/projection/projected.ts";
import { argumentsOf } from "../../../session/projection/tool-arguments.ts";
import { asTitle } from "../../../session/title.ts";

/** What tells one call of a tool from another, by the names that agents give it; the first that is there counts. */
const TELLING = [
  ...["command", "cmd", "script", "file_path", "filePath", "path", "notebook_path", "absolute_path"],
  ...["pattern", "query", "url", "description", "prompt", "title", "name", "input", "code", "text"],
];
const LOOKED_AT = 400;

/** One line that says what a call is about. */
export function tellingLine(call: ProjectedToolCall): string {
  const input = argumentsOf(call);
  if (typeof input === "string") return lineOf(input);
  if (!isJsonObject(input)) return input === null ? "" : lineOf(jsonText(input));
  for (const key of TELLING) {
    const told = textOf(input[key]);
    if (told !== undefined) return told;
  }
  const todos = input["todos"] ?? input["plan"];
  if (Array.isArray(todos)) return todoLine(todos as readonly Json[]);
  for (const value of Object.values(input)) {
    const told = textOf(value);
    if (told !== undefined) return told;
  }
  return Object.keys(input).length === 0 ? "" : lineOf(jsonText(input));
}

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === "string") return value.trim() === "" ? undefined : lineOf(value);
  // Codex's commands are lists: a shell, its flag and what it is to run.
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words = value as readonly Json[];
  if (!words.every((word) => typeof word === "string")) return undefined;
  const isShell = words.length === 3 && /^-\w*c$/.test(words[1] ?? "");
  return lineOf(isShell ? (words[2] ?? "") : words.join(" "));
}

/** The step that is being done, and how many are. */
function todoLine(todos: readonly Json[]): string {
  const steps = todos.filter(isJsonObject);
  const done = steps.filter(({ status }) => status === "completed").length;
  const now = steps.find(({ status }) => status === "in_progress");
  const named = textOf(now?.["content"] ?? now?.["step"]);
  return `${done} of ${steps.length} done${named === undefined ? "" : `: ${named}`}`;
}

function lineOf(text: string): string {
  return asTitle(text.slice(0, LOOKED_AT)) ?? "";
}
