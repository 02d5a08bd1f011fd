import { jsonText } from "../session/json/json.ts";
import { parseMessage, type Message } from "../session/message.ts";
import { findSecrets, type FindSecretsOptions } from "./find-secrets.ts";

/** Changes a text before it is stored or leaves: what is to stay hidden is replaced. */
export type Redact = (text: string) => string;

/**
 * The text with each secret in it replaced by what it was, such as `[redacted:github-token]`; the very same text where
 * there is none. A store that is given it as `redact` keeps no secret that has one of the definite forms.
 */
export function redactSecrets(text: string, options?: FindSecretsOptions): string {
  const found = findSecrets(text, options);
  let result = "";
  let position = 0;
  for (const { format, start, end } of found) {
    result += `${text.slice(position, start)}[redacted:${format}]`;
    position = end;
  }
  return position === 0 ? text : result + text.slice(position);
}

/** A message with every string in it redacted, keys too; the very same message where nothing changes. */
export function redactMessage(message: Message, redact: Redact): Message {
  const text = jsonText(message);
  const changed = redactJsonText(text, redact);
  return changed === text ? message : parseMessage(changed);
}

/**
 * A JSON text with every string in it redacted. Each is looked at alone and as it reads, not as it is written: nothing
 * is found across two of them. Everything else, numbers above all, keeps its text.
 */
export function redactJsonText(json: string, redact: Redact): string {
  let result = "";
  let position = 0;
  for (let start = json.indexOf('"'); start >= 0; start = json.indexOf('"', start)) {
    const end = endOfString(json, start);
    const inside = json.slice(start + 1, end - 1);
    // Most strings are written as they read.
    const text = inside.includes("\\") ? (JSON.parse(json.slice(start, end)) as string) : inside;
    const redacted = redact(text);
    if (redacted !== text) {
      result += json.slice(position, start) + JSON.stringify(redacted);
      position = end;
    }
    start = end;
  }
  return position === 0 ? json : result + json.slice(position);
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (json[quote - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
  throw new SyntaxError("a string without an end");
}
