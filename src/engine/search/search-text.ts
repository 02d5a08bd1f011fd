import type { Json } from "../../session/json/json.ts";
import { projectMessage, type ProjectedMessage } from "../../session/projection/project-message.ts";
import { isBeside, type Message } from "../../session/message.ts";

/** Base64 and the like: so long, without a space, and nothing that anyone looks for. */
const BLOB = 400;
const IN_BLOB = Uint8Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9+/_=-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * What a search looks through in a message: its text, what the model thought, the tools that it calls with the
 * strings in their arguments, and what the tools answered. Not images and files, nor anything that looks like base64,
 * nor notes that an importer keeps beside the conversation, but for titles and summaries.
 */
export function searchableText(message: Message): string {
  return textOf(projectMessage(message));
}

/** A message as a search knows it. */
export interface Searchable {
  readonly text: string;
  /** Who speaks: `tool` for what tools answered, also where it is stored in a person's name. */
  readonly speaker: string;
  /** The tools that it calls, in lower case. */
  readonly tools: readonly string[];
}

export function searchableOf(message: Message): Searchable {
  const projected = projectMessage(message);
  const tools = new Set(projected.toolCalls.map(({ name }) => name.toLowerCase()));
  return { text: textOf(projected), speaker: speakerIn(projected), tools: [...tools] };
}

function speakerIn(message: ProjectedMessage): string {
  const { role, text, toolResults } = message;
  return toolResults.length > 0 && text === "" && !isBeside(message) ? "tool" : role;
}

function textOf({ text, reasoning, toolCalls, toolResults, other }: ProjectedMessage): string {
  const parts = [text, reasoning];
  for (const call of toolCalls) {
    parts.push(call.name);
    collectStrings(call.arguments, parts);
  }
  for (const result of toolResults) parts.push(result.text);
  for (const value of other) collectStrings(value, parts);
  return withoutBlobs(parts.filter((part) => part !== "").join("\n"));
}

function withoutBlobs(text: string): string {
  let result = "";
  let kept = 0;
  // Every run that is long enough covers one of these places: the others need not be looked at.
  for (let at = BLOB - 1; at < text.length; at += BLOB) {
    if (!isInBlob(text, at)) continue;
    let start = at;
    let end = at + 1;
    while (start > kept && isInBlob(text, start - 1)) start--;
    while (isInBlob(text, end)) end++;
    if (end - start < BLOB) continue;
    result += `${text.slice(kept, start)}…`;
    kept = end;
    at = end - 1;
  }
  return kept === 0 ? text : result + text.slice(kept);
}

function isInBlob(text: string, at: number): boolean {
  return IN_BLOB[text.charCodeAt(at)] === 1;
}

/** The strings within a value; the texts in JSON that is itself kept in a string are found as they stand. */
function collectStrings(value: Json, into: string[]): void {
  const pending: Json[] = [value];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (typeof item === "string") into.push(item);
    else if (typeof item === "number") into.push(String(item));
    else if (typeof item === "object" && item !== null) pending.push(...Object.values(item).reverse());
  }
}
