import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import type { ProjectedAttachment } from "./projected.ts";

/** Where the frameworks keep what an image or a file is. */
const WITHIN = ["source", "image_url", "image", "input_audio", "audio", "file", "data", "resource"];
/** Its base64, or its address. */
const CONTENTS = [
  ...[
    "data",
    "url",
    "uri",
    "image_url",
    "image",
    "file_data",
    "fileData",
    "file_url",
    "file",
    "audio",
    "blob",
  ],
  "result",
];
/** The name under which it was uploaded. */
const UPLOADS = ["file_id", "fileId"];
const MEDIA_TYPES = ["media_type", "mediaType", "mimeType", "mime_type"];
const NAMES = ["filename", "name", "title", "uri"];
const ADDRESS = /^(?!data:)[a-z][a-z\d+.-]*:|^\//i;
const DATA_URL = /^data:([^;,]{1,100})[;,]/;

/** An image or a file in whichever form: its bytes within the part, one level deeper, or elsewhere. */
export function attachmentOf(kind: string, part: JsonObject): ProjectedAttachment {
  const levels: JsonObject[] = [part];
  for (const key of WITHIN) if (isJsonObject(part[key])) levels.push(part[key]);
  const content = stringIn(levels.toReversed(), CONTENTS);
  const reference = stringIn(levels.toReversed(), UPLOADS) ?? stringIn(levels.slice(1), ["id"]) ?? "";
  const name = stringIn(levels, NAMES);
  return {
    kind,
    mediaType: stringIn(levels, MEDIA_TYPES) ?? DATA_URL.exec((content ?? "").slice(0, 200))?.[1],
    size: (content ?? reference).length,
    ...(content === undefined || ADDRESS.test(content) ? {} : { bytes: bytesOf(content) }),
    ...(name === undefined || name === "" ? {} : { name }),
  };
}

/** An image or a file in a line of text: `[image/png, lighthouse.png]`. */
export function markOf({ kind, mediaType, name }: ProjectedAttachment): string {
  return `[${mediaType ?? kind}${name === undefined ? "" : `, ${name}`}]`;
}

function bytesOf(base64: string): number {
  const start = base64.startsWith("data:") ? base64.indexOf(",") + 1 : 0;
  return Math.floor(((base64.length - start) * 3) / 4);
}

function stringIn(levels: readonly JsonObject[], keys: readonly string[]): string | undefined {
  for (const level of levels) {
    const found = keys.map((key): Json | undefined => level[key]).find((value) => typeof value === "string");
    if (typeof found === "string") return found;
  }
  return undefined;
}
