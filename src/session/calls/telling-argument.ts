import { isJsonObject, jsonText, type Json, type JsonObject } from "../json/json.ts";
import { planLine } from "./plan.ts";
import { kindOf } from "./tool-kinds.ts";

/** What tells a call of a tool that is not known here. */
const USUAL = [
  ...[
    "command",
    "cmd",
    "file_path",
    "path",
    "filename",
    "pattern",
    "query",
    "url",
    "title",
    "name",
    "subject",
  ],
  ...["description", "prompt", "text", "message", "id"],
];

/** The argument that tells what a call is about, as text of any length. */
export function tellingArgument(name: string, input: Json, workspacePath: string | null): string {
  if (input === null) return "";
  if (typeof input === "string") return input;
  if (!isJsonObject(input)) return commandIn(input) ?? jsonText(input);
  const key = (kindOf(name)?.telling ?? USUAL).find((one) => isTold(input[one]));
  const rest = Object.keys(input);
  if (key === undefined) return rest.length === 0 ? "" : rest.length === 1 ? onlyOf(input) : jsonText(input);
  const told = toldOf(key, input[key] as Json);
  return withWhere(inside(told, workspacePath), input, key, workspacePath);
}

function isTold(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== "";
}

function onlyOf(input: JsonObject): string {
  const [value = null] = Object.values(input);
  return typeof value === "string" ? value : jsonText(value);
}

function toldOf(key: string, value: Json): string {
  if (typeof value === "string") return key === "taskId" ? `#${value}` : value;
  const command = commandIn(value);
  if (command !== undefined) return command;
  if (!Array.isArray(value)) return jsonText(value);
  const steps = (value as readonly Json[]).filter((step) => isJsonObject(step));
  return key === "questions" ? questionsIn(steps) : steps.length > 0 ? planLine(steps) : jsonText(value);
}

/** `["bash", "-lc", "npm test"]` is `npm test`. */
function commandIn(value: Json): string | undefined {
  if (!Array.isArray(value) || !(value as readonly Json[]).every((word) => typeof word === "string"))
    return undefined;
  const words = value as readonly string[];
  const [shell = "", flag = "", script] = words;
  const isScript = words.length === 3 && /(^|\/)(ba|z|da)?sh$/.test(shell) && /^-[a-z]*c$/.test(flag);
  return isScript ? script : words.join(" ");
}

function questionsIn(questions: readonly JsonObject[]): string {
  return questions.map(({ question }) => (typeof question === "string" ? question : "")).join(" ");
}

/** What else a call is about: where a search looks, which lines are read, who is sent, what a task becomes. */
function withWhere(told: string, input: JsonObject, key: string, workspacePath: string | null): string {
  const { offset, limit, path, glob, status, subagent_type: agent } = input;
  const parts = [told];
  const isElsewhere = typeof path === "string" && path !== workspacePath;
  if (key === "pattern" && isElsewhere) parts.push(`in ${inside(path, workspacePath)}`);
  if (key === "pattern" && typeof glob === "string") parts.push(`in ${glob}`);
  if (typeof offset === "number")
    parts.push(typeof limit === "number" ? `lines ${offset}–${offset + limit - 1}` : `from line ${offset}`);
  if (key === "taskId" && typeof status === "string") parts.push(status);
  if (key === "description" && typeof agent === "string") parts.push(`(${agent})`);
  return parts.join(" ");
}

function inside(path: string, workspacePath: string | null): string {
  if (workspacePath === null || workspacePath.length < 2 || path.includes("\n")) return path;
  return path.startsWith(`${workspacePath}/`) ? path.slice(workspacePath.length + 1) : path;
}
