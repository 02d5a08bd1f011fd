import type { JsonObject } from "../../session/json/json.ts";
import { objectsIn, textIn, textOf } from "../draft/blocks.ts";

/** What a person's message came to when it was sent to the model. */
export interface Sent {
  /** What was typed, without the tags around it. */
  readonly typed: readonly string[];
  /** Everything else: what the program added, what tools answered. */
  readonly rest: readonly JsonObject[];
  /** Tools answer in it. */
  readonly isResult: boolean;
}

const TAG = /<(task|feedback|user_message|answer)>/g;
/** The sentences behind which the program puts what was typed. */
const ANNOUNCED =
  /(?:\[(?:ask_followup_question|plan_mode_respond|attempt_completion)\b[^\n]{0,500}\] Result:|feedback[^\n]{0,200}:|New (?:instructions|message)[^\n]{0,200}:)\s*$/;
/** Mentions of files are written out in what was typed. */
const WRITTEN_OUT = "(see below for ";
const LOOKED_BACK = 1000;
/** An answer of a tool says at its beginning whose it is. */
const LONGEST_NAME = 4000;

/**
 * Takes what the person typed out of a message's blocks.
 * @param isTask the task's first message.
 * @param known what is known to have been typed; `undefined` when nothing is known.
 */
export function sentIn(
  blocks: readonly JsonObject[],
  isTask: boolean,
  known: ReadonlySet<string> | undefined,
): Sent {
  const typed: string[] = [];
  const rest: JsonObject[] = [];
  let isResult = false;
  let before = "";
  for (const block of blocks) {
    const text = block["type"] === "text" ? textIn(block["text"]) : undefined;
    if (block["type"] === "tool_result") {
      isResult = true;
      typed.push(...taggedIn(resultText(block), "", isTask, known).typed);
    }
    isResult ||= text?.startsWith("[") === true && text.slice(0, LONGEST_NAME).includes("] Result:");
    const found = text === undefined ? undefined : taggedIn(text, before, isTask, known);
    if (text !== undefined) before = text;
    if (found === undefined || found.typed.length === 0) rest.push(block);
    else {
      typed.push(...found.typed);
      if (found.rest !== "") rest.push({ ...block, text: found.rest });
    }
  }
  return { typed, rest, isResult };
}

function resultText(block: JsonObject): string {
  const content = block["content"];
  return typeof content === "string" ? content : textOf(objectsIn(content));
}

function taggedIn(
  text: string,
  before: string,
  isTask: boolean,
  known: ReadonlySet<string> | undefined,
): { readonly typed: readonly string[]; readonly rest: string } {
  const typed: string[] = [];
  const others: string[] = [];
  let at = 0;
  for (const { name, start, from, end } of pairsIn(text)) {
    if (start < at) continue;
    const inner = text.slice(from, end).trim();
    const ahead = text.slice(Math.max(at, start - LOOKED_BACK), start);
    const context = ahead.trim() === "" && at === 0 ? `${before.slice(-LOOKED_BACK)}${ahead}` : ahead;
    if (!isPersons(name, inner, context, ahead, isTask, known)) continue;
    typed.push(inner);
    others.push(text.slice(at, start).trim());
    at = end + name.length + 3;
  }
  others.push(text.slice(at).trim());
  return { typed, rest: others.filter((other) => other !== "").join("\n") };
}

interface Pair {
  readonly name: string;
  readonly start: number;
  /** What is between the tags. */
  readonly from: number;
  readonly end: number;
}

/** The pairs of tags, in their order. Where one tag closes many, the first and the last of these: not each is looked at. */
function pairsIn(text: string): readonly Pair[] {
  const ends = new Map<string, number>();
  const pairs = new Map<number, readonly Pair[]>();
  for (const { 0: tag, 1: name = "", index: start } of text.matchAll(TAG)) {
    let end = ends.get(name) ?? -1;
    if (end < start) ends.set(name, (end = text.indexOf(`</${name}>`, start)));
    // From here on none closes, and it is not looked for again.
    if (end < 0) ends.set(name, (end = Infinity));
    if (end === Infinity) continue;
    const [first] = pairs.get(end) ?? [];
    const pair = { name, start, from: start + tag.length, end };
    pairs.set(end, first === undefined ? [pair] : [first, pair]);
  }
  return [...pairs.values()].flat().sort((one, other) => one.start - other.start);
}

function isPersons(
  name: string,
  inner: string,
  context: string,
  ahead: string,
  isTask: boolean,
  known: ReadonlySet<string> | undefined,
): boolean {
  if (name === "task")
    return isTask && (ahead.trim() === "" || ahead.trimEnd().endsWith("</explicit_instructions>"));
  if (known?.has(inner) === true) return true;
  if (!ANNOUNCED.test(context)) return false;
  // Of feedback each is known, where anything is; an answer may be one that was offered.
  return known === undefined || name !== "feedback" || inner.includes(WRITTEN_OUT);
}
