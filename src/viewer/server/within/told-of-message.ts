import type { Message } from "../../../session/message.ts";
import { projectMessage, type ProjectedMessage } from "../../../session/projection/project-message.ts";
import { asTitle, typedIn } from "../../../session/summary/title.ts";
import { textOfPart } from "../api/shape-message.ts";

/** What a message is to somebody who looks for a place in a session. */
export interface ToldOfMessage {
  readonly kind: "prompt" | "said" | "compaction" | undefined;
  /** Of a prompt: what a person typed, on a line. */
  readonly prompt: string | undefined;
}

export function tellMessage(message: Message, projected = projectMessage(message)): ToldOfMessage {
  const told = (kind: ToldOfMessage["kind"], prompt?: string): ToldOfMessage => ({ kind, prompt });
  if (message["compaction"] !== undefined) return told("compaction");
  if (message.role === "user") {
    const prompt = promptIn(message, projected);
    return told(prompt === undefined ? undefined : "prompt", prompt);
  }
  return told(message.role === "assistant" && projected.text.trim() !== "" ? "said" : undefined);
}

function promptIn(
  message: Message,
  { text, toolResults, attachments }: ProjectedMessage,
): string | undefined {
  if (message["meta"] === true || toolResults.length > 0) return undefined;
  const typed = typedIn(text);
  if (typed !== undefined) return asTitle(typed.text);
  return attachments.length > 0 ? "(an image or a file)" : undefined;
}

/** The texts in which a find looks, one for each part, in small letters. */
export function searchedTexts({ parts }: ProjectedMessage): string[] {
  return parts.map((part) =>
    ((part.type === "call" ? `${part.call.name}\n` : "") + textOfPart(part)).toLowerCase(),
  );
}
