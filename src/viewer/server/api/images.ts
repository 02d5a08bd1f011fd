import type { Json } from "../../../session/json/json.ts";
import type { Message } from "../../../session/message.ts";

/** Images that a browser draws and that can hold no program; SVG is none of them. */
const KINDS = [
  { start: "iVBORw0KGgo", mediaType: "image/png" },
  { start: "/9j/", mediaType: "image/jpeg" },
  { start: "R0lGOD", mediaType: "image/gif" },
  { start: "UklGR", mediaType: "image/webp" },
] as const;

export interface FoundImage {
  readonly mediaType: string;
  readonly base64: string;
}

/** No image is smaller. */
const SMALLEST = 40;

/** The images in a message, in their order, known by how their bytes begin and not by what is said of them. */
export function imagesIn(message: Message): FoundImage[] {
  const found: FoundImage[] = [];
  const pending: Json[] = [message.content];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (typeof item === "string") {
      const image = imageOf(item);
      if (image !== undefined) found.push(image);
    } else if (typeof item === "object" && item !== null) {
      for (const value of Object.values(item).reverse()) pending.push(value);
    }
  }
  return found;
}

function imageOf(text: string): FoundImage | undefined {
  if (text.length < SMALLEST) return undefined;
  const isAddress = text.startsWith("data:");
  const comma = isAddress ? text.slice(0, 100).indexOf(";base64,") : -1;
  if (isAddress && comma < 0) return undefined;
  const from = isAddress ? comma + ";base64,".length : 0;
  const kind = KINDS.find(({ start }) => text.startsWith(start, from));
  // A text may well begin like one; base64 has no spaces.
  if (kind === undefined || /[^A-Za-z0-9+/=\r\n]/.test(text.slice(from, from + 2000))) return undefined;
  return { mediaType: kind.mediaType, base64: from === 0 ? text : text.slice(from) };
}
