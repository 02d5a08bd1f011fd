import { isJsonObject, jsonText } from "../../../session/json/json.ts";
import { tellingArgument } from "../../../session/calls/telling-argument.ts";
import type { Message } from "../../../session/message.ts";
import {
  projectMessage,
  type ProjectedAttachment,
  type ProjectedPart,
} from "../../../session/projection/project-message.ts";
import { argumentsOf } from "../../../session/projection/tool-arguments.ts";
import { asTitle } from "../../../session/summary/title.ts";
import type { CutText, ShownAttachment, ShownMessage, ShownPart } from "../../shapes.ts";
import { imagesIn } from "./images.ts";

/** So many characters of a message are sent at once; the rest is asked for. */
export const MOST_OF_A_MESSAGE = 200_000;

/** A message as the page draws it: its parts in their order, cut where they are too long. */
export function shapeMessage(position: number, message: Message): ShownMessage {
  const { role, at, model, meta, subsession, usage, compaction } = message;
  const { parts } = projectMessage(message);
  const cutter = new Cutter(MOST_OF_A_MESSAGE);
  const pictures = new Pictures(parts.some(hasAttachments) ? imagesIn(message) : []);
  return {
    position,
    role,
    at: typeof at === "string" ? at : null,
    model: typeof model === "string" ? model : null,
    tokens: tokensOf(usage),
    meta: meta === true,
    compaction: compaction !== undefined,
    subsession: typeof subsession === "string" ? subsession : null,
    parts: parts.map((part) => shapePart(part, cutter, pictures)),
  };
}

/** What is written of a part: the text that is cut, and that the rest is taken from. */
export function textOfPart(part: ProjectedPart): string {
  switch (part.type) {
    case "text":
    case "reasoning":
      return part.text;
    case "call": {
      const { arguments: input } = part.call;
      return typeof input === "string" ? input : input === null ? "" : jsonText(input);
    }
    case "result":
      return part.result.text;
    case "attachment":
      return "";
    case "other":
      return jsonText(part.value);
  }
}

/** A piece of a text that begins and ends between two characters. */
export function pieceOf(text: string, from: number, most: number): string {
  const start = boundary(text, from);
  return text.slice(start, boundary(text, start + most));
}

function boundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  return at > 0 && (text.charCodeAt(at) & 0xfc00) === 0xdc00 ? at - 1 : at;
}

/** Cuts the texts of one message, which together may have so many characters. */
class Cutter {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  cut(whole: string): CutText {
    const text = pieceOf(whole, 0, this.#left);
    this.#left -= text.length;
    return { text, total: whole.length };
  }
}

/** Tells which of a message's images an attachment is. */
class Pictures {
  readonly #images: ReturnType<typeof imagesIn>;
  #next = 0;

  constructor(images: ReturnType<typeof imagesIn>) {
    this.#images = images;
  }

  shape({ kind, mediaType, name, bytes }: ProjectedAttachment): ShownAttachment {
    const image = this.#images[this.#next];
    const isThis =
      image !== undefined &&
      bytes !== undefined &&
      (mediaType === image.mediaType || (mediaType === undefined && kind.includes("image")));
    return {
      kind,
      mediaType: mediaType ?? null,
      name: name ?? null,
      bytes: bytes ?? null,
      image: isThis ? this.#next++ : null,
    };
  }
}

function shapePart(part: ProjectedPart, cutter: Cutter, pictures: Pictures): ShownPart {
  switch (part.type) {
    case "text":
    case "reasoning":
    case "other":
      return { type: part.type, ...cutter.cut(textOfPart(part)) };
    case "call": {
      const { id = null, name, awaitsApproval = false } = part.call;
      const line = asTitle(tellingArgument(name, argumentsOf(part.call), null)) ?? "";
      return { type: "call", id, name, line, awaitsApproval, ...cutter.cut(textOfPart(part)) };
    }
    case "result": {
      const { callId = null, isError, attachments = [] } = part.result;
      const shown = attachments.map((attachment) => pictures.shape(attachment));
      return { type: "result", callId, isError, attachments: shown, ...cutter.cut(part.result.text) };
    }
    case "attachment":
      return { type: "attachment", attachment: pictures.shape(part.attachment) };
  }
}

function hasAttachments(part: ProjectedPart): boolean {
  return part.type === "attachment" || (part.type === "result" && (part.result.attachments ?? []).length > 0);
}

function tokensOf(usage: unknown): ShownMessage["tokens"] {
  if (!isJsonObject(usage)) return null;
  const number = (key: string): number => (typeof usage[key] === "number" ? usage[key] : 0);
  const input = number("input") + number("cache_read") + number("cache_write");
  const output = number("output");
  return input + output === 0 ? null : { input, output };
}
