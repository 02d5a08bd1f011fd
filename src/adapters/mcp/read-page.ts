import type { Message } from "../../session/message.ts";
import { jsonText } from "../../session/json.ts";
import { projectMessage } from "../../session/projection/project-message.ts";
import type { SessionSnapshot } from "../../store/snapshot.ts";

/** An answer holds no more characters of messages than this. */
export const MOST_CHARACTERS = 32_000;

/** Where reading goes on: at a message, behind so many characters of it. */
interface Place {
  readonly from: number;
  readonly offset?: number;
}

interface ReadMessage {
  readonly position: number;
  readonly role: string;
  readonly at?: string;
  readonly text: string;
  /** So many characters of the message are left out; `next` goes on with them. */
  readonly charactersLeft?: number;
}

/** A bounded piece of a conversation. */
export interface SessionPage {
  readonly messages: readonly ReadMessage[];
  /** Absent at the end of the session. */
  readonly next?: Place;
}

/** Up to `limit` messages, and `MOST_CHARACTERS` of them, from a place on. Memory: a message. */
export async function readPage(
  snapshot: SessionSnapshot,
  { from, offset = 0 }: Place,
  limit: number,
): Promise<SessionPage> {
  const messages: ReadMessage[] = [];
  let room = MOST_CHARACTERS;
  for await (const { position, message } of snapshot.messages({ from })) {
    if (messages.length === limit || room <= 0) return { messages, next: { from: position } };
    const whole = plainText(message);
    const start = position === from ? offset : 0;
    const end = wholeCharacters(whole, start + room);
    const text = whole.slice(start, end);
    room -= text.length;
    const { role, at } = message;
    const read = { position, role, ...(at === undefined ? {} : { at }), text };
    if (end < whole.length) {
      messages.push({ ...read, charactersLeft: whole.length - end });
      return { messages, next: { from: position, offset: end } };
    }
    messages.push(read);
  }
  return { messages };
}

/** The longest end at or before `end` that cuts no character in two. */
function wholeCharacters(text: string, end: number): number {
  if (end >= text.length) return text.length;
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code < 0xdc00 ? end - 1 : end;
}

/** Everything that a message says, for a model to read; images and files as a mark. */
function plainText(message: Message): string {
  const { text, reasoning, toolCalls, toolResults, attachments, other } = projectMessage(message);
  return [
    ...(reasoning === "" ? [] : [`[thinking] ${reasoning}`]),
    ...(text === "" ? [] : [text]),
    ...attachments.map(({ kind, mediaType }) => `[${mediaType ?? kind}]`),
    ...toolCalls.map(({ name, arguments: input }) => `[tool call ${name}] ${jsonText(input)}`),
    ...toolResults.map((result) => `[tool ${result.isError ? "error" : "result"}] ${result.text}`),
    ...other.map((part) => jsonText(part)),
  ].join("\n");
}
