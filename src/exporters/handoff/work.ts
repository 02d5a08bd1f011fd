import { isJsonObject, type Json } from "../../session/json/json.ts";
import { isBeside, type Message } from "../../session/message.ts";
import { cutText } from "../../session/json/outgoing-text.ts";
import { projectMessage } from "../../session/projection/project-message.ts";
import type { ProjectedToolCall, ProjectedToolResult } from "../../session/projection/projected.ts";
import { isPrompt, typedText } from "../../session/projection/prompts.ts";
import { argumentsOf } from "../../session/projection/tool-arguments.ts";
import { editIn } from "../../session/calls/edit.ts";
import { planIn, type PlanStep } from "../../session/calls/plan.ts";
import { tellingArgument } from "../../session/calls/telling-argument.ts";
import { toolName } from "../../session/calls/tool-kinds.ts";
import { inOneLine, plain } from "./plain-text.ts";

/** A person's words, and the last that was answered to them. */
export interface Turn {
  readonly position: number;
  readonly prompt: string;
  answer: string | undefined;
}

/** What was changed in one file. */
export interface FileWork {
  edits: number;
  added: number;
  removed: number;
}

/** So many of the newest turns, failures and files are held, and so much of a text: a brief has no room for more. */
const MOST_TURNS = 30;
const MOST_FAILURES = 20;
const MOST_FILES = 5000;
const MOST_KINDS = 500;
const LONGEST = 20_000;
const LONGEST_CALL = 300;

const FAILED = /(?:^|\n)(?:exit code:?|process exited with code) [1-9]/i;

/** What happened in a session, gathered message by message; its memory does not grow with the session's length. */
export class Work {
  /** What was asked first. */
  first: Turn | undefined;
  /** The newest turns, the first one among them as long as there is room. */
  readonly turns: Turn[] = [];
  promptCount = 0;
  /** Calls by the tool's name. */
  readonly calls = new Map<string, number>();
  readonly files = new Map<string, FileWork>();
  /** The last plan that was made. */
  plan: readonly PlanStep[] = [];
  /** What failed and was not tried again with success: what was called, and what came back. */
  readonly failures = new Map<string, string>();
  /** What the agent's last summary of the conversation says. */
  summary: string | undefined;
  /** Calls of the last turn that nothing answered, by their id. */
  readonly unanswered = new Map<string, string>();
  readonly #workspacePath: string | null;

  constructor(workspacePath: string | null) {
    this.#workspacePath = workspacePath;
  }

  add(position: number, message: Message): void {
    const projected = projectMessage(message);
    if (isBeside(message) || message.role === "system" || message.role === "developer") return;
    if (isJsonObject(message["compaction"])) this.summary = textOf(projected.text);
    else if (isPrompt(message)) this.#asked(position, projected.text);
    else if (message.role !== "user" && message["meta"] !== true && projected.text.trim() !== "")
      this.#answered(projected.text);
    for (const call of projected.toolCalls) this.#called(call);
    for (const result of projected.toolResults) this.#got(result);
  }

  /** What a sub-agent did counts as done; what it said does not. */
  addSubagents(message: Message): void {
    for (const call of projectMessage(message).toolCalls) this.#edits(argumentsOf(call));
  }

  #asked(position: number, text: string): void {
    this.promptCount++;
    const turn: Turn = { position, prompt: textOf(typedText(text) ?? "[an attachment]"), answer: undefined };
    this.first ??= turn;
    this.turns.push(turn);
    if (this.turns.length > MOST_TURNS) this.turns.shift();
    this.unanswered.clear();
  }

  #answered(text: string): void {
    const turn = this.turns.at(-1);
    if (turn !== undefined) turn.answer = textOf(text);
  }

  #called(call: ProjectedToolCall): void {
    const input = argumentsOf(call);
    const name = inOneLine(toolName(call.name));
    if (this.calls.has(name) || this.calls.size < MOST_KINDS)
      this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    const told = tellingArgument(call.name, input, this.#workspacePath);
    const about = cutText(inOneLine(`${name} ${told.slice(0, 4 * LONGEST_CALL)}`), LONGEST_CALL);
    if (call.id !== undefined) this.unanswered.set(call.id, about);
    const plan = planIn(input);
    if (plan.length > 0) this.plan = plan.slice(0, 200);
    this.#edits(input);
  }

  #edits(input: Json): void {
    const edit = editIn(input);
    if (edit === undefined) return;
    const paths = pathsOf(input, edit.lines);
    for (const path of paths) {
      const inside = this.#inside(path);
      const known = this.files.get(inside) ?? { edits: 0, added: 0, removed: 0 };
      known.edits++;
      // Of a patch to several files it is not told apart which lines are whose.
      if (paths.length === 1) known.added += edit.added;
      if (paths.length === 1) known.removed += edit.removed;
      // Those that were changed last stand last.
      this.files.delete(inside);
      this.files.set(inside, known);
    }
    while (this.files.size > MOST_FILES) this.files.delete([...this.files.keys()][0] ?? "");
  }

  #inside(path: string): string {
    const root = this.#workspacePath;
    const inside = root !== null && path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
    return inOneLine(inside);
  }

  #got({ callId, text, isError }: ProjectedToolResult): void {
    if (callId === undefined) return;
    const about = this.unanswered.get(callId);
    this.unanswered.delete(callId);
    if (about === undefined) return;
    this.failures.delete(about);
    if (!isError && !FAILED.test(text.slice(0, 500))) return;
    this.failures.set(about, textOf(text));
    if (this.failures.size > MOST_FAILURES) this.failures.delete([...this.failures.keys()][0] ?? "");
  }
}

function pathsOf(input: Json, lines: readonly { readonly sign: string; readonly text: string }[]): string[] {
  if (isJsonObject(input))
    for (const key of ["file_path", "path", "absolute_path", "filePath", "notebook_path"])
      if (typeof input[key] === "string") return [input[key]];
  const named = lines.flatMap(({ sign, text }) => {
    const path = sign === "@" ? /^(?:(?:Update|Add|Delete) |[ab]\/)(\S.*)$/.exec(text)?.[1] : undefined;
    return path === undefined ? [] : [path.trim()];
  });
  return [...new Set(named)];
}

/** As much of a text as a brief could ever hold; of a long one, its beginning. */
function textOf(text: string): string {
  const bare = text.slice(0, 2 * LONGEST).replace(/^<tool_use_error>|<\/tool_use_error>$/g, "");
  return cutText(plain(bare).trim(), LONGEST);
}
