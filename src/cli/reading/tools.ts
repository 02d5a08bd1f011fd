import { isJsonObject, jsonText, type Json, type JsonObject } from "../../session/json.ts";

/** How much of what a tool answered says something: some lines; how many there are; nothing, when it went well. */
export type ResultLook = "lines" | "count" | "none";

interface ToolKind {
  /** The arguments that tell what a call is about, the first that is there. */
  readonly telling: readonly string[];
  readonly result: ResultLook;
}

const kind = (telling: readonly string[], result: ResultLook = "lines"): ToolKind => ({ telling, result });

const COMMAND = kind(["command", "cmd", "script", "code", "commands"]);
const READ = kind(
  ["file_path", "absolute_path", "path", "target_file", "filePath", "notebook_path"],
  "count",
);
const EDIT = kind(READ.telling, "none");
const SEARCH = kind(["pattern", "query", "regex", "q", "path"]);
const LIST = kind(["path", "dir_path", "directory", "pattern"], "count");
const FETCH = kind(["url", "urls", "query", "prompt"]);
const AGENT = kind(["description", "task", "prompt", "message", "agent"]);
const PLAN = kind(["plan", "todos", "items", "explanation"], "none");

/** The agents' usual tools by what they do. Names are compared without case and signs. */
const KINDS: ReadonlyMap<string, ToolKind> = new Map(
  (
    [
      [
        COMMAND,
        "bash shell localshell exec execcommand runshellcommand runterminalcmd runcommand executecommand terminal " +
          "shellcommand containerexec python codeinterpreter bashoutput runinterminal",
      ],
      [READ, "read readfile readmanyfiles view viewfile cat open openfile notebookread viewimage"],
      [
        EDIT,
        "edit multiedit editfile write writefile createfile writetofile replace replaceinfile strreplace " +
          "strreplaceeditor strreplacebasededittool searchreplace insertedit notebookedit applydiff create",
      ],
      [SEARCH, "grep ripgrep rg searchfilecontent searchfiles search grepsearch codebasesearch toolsearch"],
      [kind(SEARCH.telling, "count"), "glob find findfiles filesearch"],
      [LIST, "ls list listdir listdirectory listfiles"],
      [FETCH, "webfetch websearch fetch googlewebsearch webfetchtool browse openurl"],
      [AGENT, "task agent spawnagent subagent delegate newtask sendinput"],
      [PLAN, "todowrite updateplan writetodos todo exitplanmode todoread"],
      [
        kind(["subject", "taskId", "status", "description"], "none"),
        "taskcreate taskupdate taskget tasklist",
      ],
      [kind(["skill", "command", "name"]), "skill slashcommand"],
      [kind(["questions", "question"]), "askuserquestion askfollowupquestion requestuserinput"],
    ] as const
  ).flatMap(([of, names]) => names.split(" ").map((name) => [name, of] as const)),
);

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

/** How a tool's answers are shown. */
export function resultLook(name: string): ResultLook {
  return kindOf(name)?.result ?? "lines";
}

/** Whether a call is about a file: of its path the end tells more than the beginning. */
export function isAboutFile(name: string): boolean {
  return kindOf(name)?.telling === READ.telling;
}

/** A tool's name as a person reads it: of an MCP server's, the server and the tool. */
export function toolName(name: string): string {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  return tool === undefined ? name : `${server ?? ""} ${tool}`;
}

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

function kindOf(name: string): ToolKind | undefined {
  const bare = name.replace(/^mcp__.+?__/, "").replace(/^(?:functions|default_api)[.:]/, "");
  return KINDS.get(bare.toLowerCase().replace(/[^a-z]/g, ""));
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

/** A step of a plan, in whatever words the agent has for it. */
export interface PlanStep {
  readonly text: string;
  readonly state: "done" | "now" | "open";
}

/** The steps of a plan that a call sets. */
export function planIn(input: Json): PlanStep[] {
  if (!isJsonObject(input)) return [];
  const list = [input["todos"], input["plan"], input["items"]].find((value) => Array.isArray(value));
  const steps = ((list ?? []) as readonly Json[]).filter((step) => isJsonObject(step));
  return steps.map(stepOf).filter(({ text }) => text !== "");
}

function stepOf(step: JsonObject): PlanStep {
  const text = [step["content"], step["step"], step["description"], step["text"], step["title"]];
  const { status } = step;
  const state =
    status === "completed" || status === "done" ? "done" : status === "in_progress" ? "now" : "open";
  return { text: text.find((value) => typeof value === "string") ?? "", state };
}

/** `2 of 5: what is done now`. */
function planLine(steps: readonly JsonObject[]): string {
  const plan = steps.map(stepOf);
  const done = plan.filter(({ state }) => state === "done").length;
  const now = plan.find(({ state }) => state === "now") ?? plan.find(({ state }) => state === "open");
  return `${done} of ${plan.length} done${now === undefined ? "" : `: ${now.text}`}`;
}
