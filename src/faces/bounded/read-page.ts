import type { Message } from "../../session/message.ts";
import { jsonText, type Json } from "../../session/json/json.ts";
import { cutText, wellFormedJson } from "../../session/json/outgoing-text.ts";
import { markOf } from "../../session/projection/attachment.ts";
import { projectMessage } from "../../session/projection/project-message.ts";
import { argumentsOf } from "../../session/projection/tool-arguments.ts";
import type { SessionSnapshot } from "../../store/reading/snapshot.ts";
import { endWithin, type Measure } from "./measure.ts";

/** Where reading goes on: at a message, behind so many characters of it. */
export interface Place {
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

/** How much of a conversation is told. */
export interface PageBounds {
  /** So many messages. */
  readonly limit: number;
  /** What they take together. */
  readonly most: number;
  readonly measure: Measure;
  /** The others are passed over. Default: all are told. */
  readonly isTold?: ((message: Message) => boolean) | undefined;
}

/** A bounded piece of a conversation, from a place on. Memory: a message. */
export async function readPage(
  snapshot: SessionSnapshot,
  { from, offset = 0 }: Place,
  { limit, most, measure, isTold = () => true }: PageBounds,
): Promise<SessionPage> {
  const messages: ReadMessage[] = [];
  let room = most - measure.of({ messages, next: { from: LARGE, offset: LARGE } });
  for await (const { position, message } of snapshot.messages({ from })) {
    if (!isTold(message)) continue;
    if (messages.length === limit) return { messages, next: { from: position } };
    const whole = plainText(message);
    const start = position === from ? Math.min(offset, whole.length) : 0;
    const { role, at } = message;
    const about = {
      position,
      role: shortened(role, most),
      ...(at === undefined ? {} : { at: shortened(at, most) }),
    };
    room -= measure.of({ ...about, text: "", charactersLeft: LARGE }) + 1;
    const end = endWithin(whole, start, room, measure);
    const text = whole.slice(start, end);
    if (end === whole.length && room >= 0) messages.push({ ...about, text });
    else if (end === start)
      return { messages, next: { from: position, ...(start > 0 && { offset: start }) } };
    else {
      messages.push({ ...about, text, charactersLeft: whole.length - end });
      return { messages, next: { from: position, offset: end } };
    }
    room -= measure.of(text);
  }
  return { messages };
}

/** As long as a position can be. */
const LARGE = Number.MAX_SAFE_INTEGER;
const LONGEST_MARK = 100;
/** Of what an answer may take, roles and times take so small a part at most, so that there is room for text. */
const PART_OF_MARKS = 40;

/** Roles and times have no bound of their own. */
function shortened(text: string, most: number): string {
  return cutText(text, Math.min(LONGEST_MARK, Math.floor(most / PART_OF_MARKS)));
}

/** Everything that a message says, in its order, for a model to read; images and files as a mark. */
function plainText(message: Message): string {
  return projectMessage(message)
    .parts.flatMap((part): string[] => {
      switch (part.type) {
        case "text":
          return [part.text];
        case "reasoning":
          return [`[thinking] ${part.text}`];
        case "call":
          return [`[tool call ${part.call.name}] ${sound(argumentsOf(part.call))}`];
        case "result": {
          const { isError, text, attachments = [] } = part.result;
          return [`[tool ${isError ? "error" : "result"}] ${text}`.trimEnd(), ...attachments.map(markOf)];
        }
        case "attachment":
          return [markOf(part.attachment)];
        case "other":
          return [sound(part.value)];
      }
    })
    .join("\n")
    .toWellFormed();
}

function sound(value: Json): string {
  return wellFormedJson(jsonText(value));
}
