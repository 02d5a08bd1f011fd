import { isJsonObject } from "../json/json.ts";
import type { Message } from "../message.ts";
import { projectMessage } from "./project-message.ts";
import { typedIn } from "../summary/title.ts";

/** Beyond that a text is not looked through for what programs glued to it. */
const LONGEST_LOOKED_THROUGH = 1 << 20;

/** What a person typed of a text in their name; `undefined` when a program wrote it. */
export function typedText(text: string): string | undefined {
  const typed = typedIn(text);
  return typed !== undefined && text.length > LONGEST_LOOKED_THROUGH ? text : typed?.text;
}

/** Whether a person typed it: no program's note, no summary, no answer of a tool. */
export function isPrompt(message: Message): boolean {
  if (message.role !== "user" || message["meta"] === true || isJsonObject(message["compaction"]))
    return false;
  const { parts } = projectMessage(message);
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return typedText(texts.join("\n")) !== undefined || parts.some(({ type }) => type === "attachment");
}
