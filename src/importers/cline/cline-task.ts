import { basename, dirname } from "node:path";
import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { holdsMedia, listIn, objectIn, objectsIn, textBlock, textIn, textOf } from "../draft/blocks.ts";
import { AGENT_SESSION, timeOf } from "../draft/facts.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { contentHash, derivedSessionId } from "../identity.ts";
import type { Importer, RecordReader } from "../importer.ts";
import { besideTask, TASK_FILE } from "./task-files.ts";
import type { Paid } from "./paid.ts";
import { listedTask, type ListedTask } from "./task-list.ts";
import { TaskNotes, type Told } from "./task-notes.ts";
import { sentIn } from "./typed.ts";

/** Extensions that were made from Cline, and write files of the same names. */
const OTHERS = /[\\/](?:rooveterinaryinc\.roo-cline|kilocode\.kilo-code)[\\/]/;
/** Tasks are called by the time at which they began, in milliseconds. */
const TASK_ID = /^\d{12,14}$/;
const DIRECTORY = /# Current (?:Working|Workspace) Directory \(([^)\n]{1,4096})\)/;
const LIST = "messages";

/** A task of Cline's editor extension: the messages that the model was sent, in a list. */
export const clineTask: Importer = {
  format: "cline",
  version: 1,
  shape: "document",
  list: LIST,
  recognises: ({ name, path, text }) =>
    name === TASK_FILE && !OTHERS.test(path) && /^\s*\[/.test(text) && /"role"\s*:/.test(text),
  beside: besideTask,
  begin: (harvest) => new TaskReader(harvest),
};

class TaskReader implements RecordReader {
  readonly #harvest: Harvest;
  readonly #notes: TaskNotes;
  readonly #listed: ListedTask | undefined;
  #told: ReadonlyMap<number, Told> = new Map();

  constructor(harvest: Harvest) {
    this.#harvest = harvest;
    const { path } = harvest.beginning;
    this.#notes = new TaskNotes(path);
    this.#listed = listedTask(path);
    harvest.readBeside = this.#notes.digest;
  }

  record(record: JsonObject): void {
    const { main, beginning } = this.#harvest;
    const messages = listIn(record[LIST]);
    const named = basename(dirname(beginning.path));
    const { facts } = main;
    if (TASK_ID.test(named)) {
      main.id = derivedSessionId("cline", "task", named);
      facts.custom[AGENT_SESSION] = named;
    } else main.id = derivedSessionId("cline", "copied task", contentHash(messages[0] ?? null));
    facts.workspacePath = this.#listed?.workspace ?? directoryIn(messages);
    const task = this.#notes.task ?? this.#listed?.task;
    if (task !== undefined) facts.sawPrompt(task);
    this.#told = this.#notes.of(messages.map((message) => textIn(objectIn(message)["role"])));
    for (const [place, message] of messages.entries()) this.#message(message, place);
    if (TASK_ID.test(named)) facts.sawTime(timeOf(Number(named)), false);
    facts.sawTime(this.#notes.isThere ? this.#notes.lastAt : this.#listed?.at, true);
    this.#paid();
  }

  /** Recorded for each request; else, where that is lost, for the whole task. */
  #paid(): void {
    const { problems, isThere, paid } = this.#notes;
    for (const problem of problems) this.#harvest.problem(problem, { lost: false });
    if (!isThere && problems.length === 0)
      this.#harvest.problem("ui_messages.json, with times and tokens, is not beside it", { lost: false });
    for (const one of paid) this.#count(one);
    if (!isThere && this.#listed?.paid !== undefined) this.#count(this.#listed.paid);
  }

  #count({ at, model, usage, cost }: Paid): void {
    this.#harvest.main.facts.usage.add(undefined, at, model ?? null, usage, cost);
  }

  #message(message: Json, place: number): void {
    const role = isJsonObject(message) ? message["role"] : undefined;
    if (!isJsonObject(message) || (role !== "user" && role !== "assistant")) {
      const what = isJsonObject(message)
        ? `a message of the unknown role ${JSON.stringify(role)}`
        : "no message";
      this.#harvest.problem(`${what} at place ${place}`, { lost: false });
      return;
    }
    const at = timeOf(message["ts"]) ?? this.#told.get(place)?.at;
    if (role === "assistant") this.#answer(message, place, at);
    else this.#sent(message, place, at);
  }

  #answer(message: JsonObject, place: number, at: string | undefined): void {
    const { facts, conversation } = this.#harvest.main;
    const paid = this.#told.get(place)?.paid;
    const model = textIn(objectIn(message["modelInfo"])["modelId"]) ?? paid?.model;
    facts.model = model ?? facts.model;
    const content = message["content"] ?? "";
    const parts = { id: textIn(message["id"]), at: facts.sawTime(at, true), model, usage: paid?.usage };
    const calls = objectsIn(content).filter(({ type }) => type === "tool_use").length;
    conversation.push(draftMessage({ role: "assistant", content, ...parts }), { calls });
  }

  /** What was typed is a message of its own; what the program sent with it, another one. */
  #sent(message: JsonObject, place: number, at: string | undefined): void {
    const { facts, conversation } = this.#harvest.main;
    const content = message["content"];
    const blocks = typeof content === "string" ? [textBlock(content)] : objectsIn(content);
    const { typed, rest, isResult } = sentIn(blocks, place === 0, this.#notes.typed);
    const media = isResult || typed.length === 0 ? [] : rest.filter((block) => holdsMedia([block]));
    const others = rest.filter((block) => !media.includes(block));
    const said = (): void => {
      for (const [nth, text] of typed.entries()) this.#prompt(text, nth === 0 ? media : [], at);
    };
    if (!isResult) said();
    if (others.length > 0) {
      const note = draftMessage({ role: "user", content: others, at: facts.sawTime(at, true), meta: true });
      conversation.push(note, { answersCalls: true });
    }
    if (isResult) said();
  }

  #prompt(text: string, media: readonly JsonObject[], sentAt: string | undefined): void {
    const { facts, conversation } = this.#harvest.main;
    const at = facts.sawTime(this.#notes.typedAt(text) ?? sentAt, true);
    const kind = facts.sawPrompt(text) ?? (media.length > 0 ? "prompt" : undefined);
    const content = [...(text === "" ? [] : [textBlock(text)]), ...media];
    if (content.length === 0) return;
    const message = draftMessage({ role: "user", content, at, meta: kind === undefined });
    conversation.push(message, { prompt: kind === "prompt" });
  }
}

/** Where the task ran, by what the model was told at its beginning. */
function directoryIn(messages: readonly Json[]): string | null {
  const first = objectIn(messages.find((message) => objectIn(message)["role"] === "user"));
  return DIRECTORY.exec(textOf(first["content"]))?.[1] ?? null;
}
