import { isUtf8 } from "node:buffer";
import { crc32 } from "node:zlib";
import { headFromDocument, InvalidDocumentError, messageFromDocument } from "../../../session/document.ts";
import { NewerFormatError } from "../../../session/errors/errors.ts";
import type { SessionHead } from "../../../session/head.ts";
import {
  freezeParsed,
  isJsonObject,
  parseJson,
  type Json,
  type JsonObject,
} from "../../../session/json/json.ts";
import type { Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import type { DiskFile } from "../disk/disk.ts";
import { readFully } from "../disk/read-fully.ts";
import { FORMAT } from "../journal/record/record.ts";
import { checksumText } from "../journal/record/record-line.ts";
import { OWN_KEYS } from "./checkpoint-layout.ts";
import { duplicateKey } from "./duplicate-key.ts";

/** A session's document that this package did not write, or that was changed since. */
export interface ForeignDocument {
  readonly kind: "foreign";
  readonly head: SessionHead;
  readonly messages: readonly Message[];
  /** Of the whole file. */
  readonly checksum: string;
  /** The life and revision that our keys name, when someone edited a checkpoint; else Astrid or a program wrote it. */
  readonly edited: { readonly life: number; readonly revision: number } | undefined;
  /** Side lists that the document holds. */
  readonly side: readonly SideEntry[];
}

/** V8 cannot hold a longer string. */
const LONGEST_DOCUMENT = 0x1fffffe8;

/**
 * Reads a document whole, whoever wrote it, as strictly as Astrid does.
 * @throws {NewerFormatError}
 */
export async function readForeignDocument(
  file: DiskFile,
  id: SessionId,
): Promise<ForeignDocument | { readonly kind: "unreadable"; readonly detail: string }> {
  const { size } = file.stat();
  if (size === 0) return unreadable("the file is empty");
  if (size > LONGEST_DOCUMENT)
    return unreadable(`the document is larger than ${LONGEST_DOCUMENT} bytes and not in our format`);
  const bytes = Buffer.allocUnsafe(size);
  if ((await readFully(file, bytes, 0)) !== size) return unreadable("the file shrank while it was read");
  if (bytes.every((byte) => byte === 0)) return unreadable(`the file holds ${size} zero bytes`);
  if (!isUtf8(bytes)) return unreadable("the document is not valid UTF-8");
  const text = bytes.toString("utf8");
  let document: Json;
  try {
    document = parseJson(text);
  } catch (error) {
    return unreadable(`the document is not JSON (${(error as Error).message})`);
  }
  if (!isJsonObject(document)) return unreadable("the document is not a JSON object");
  const format = document["format"];
  if (typeof format === "number" && format > FORMAT) throw new NewerFormatError(id, format, FORMAT);
  const twice = duplicateKey(text);
  if (twice !== undefined) return unreadable(`the key ${JSON.stringify(twice)} occurs twice`);
  try {
    return documentFrom(document, id, checksumText(crc32(bytes)));
  } catch (error) {
    if (error instanceof InvalidDocumentError) return unreadable(error.message);
    throw error;
  }
}

function unreadable(detail: string): { readonly kind: "unreadable"; readonly detail: string } {
  return { kind: "unreadable", detail };
}

function documentFrom(document: JsonObject, id: SessionId, checksum: string): ForeignDocument {
  if (document["id"] !== id) throw new InvalidDocumentError("id is not the one that the file is named after");
  const values = document["messages"];
  if (!Array.isArray(values))
    throw new InvalidDocumentError(`messages is ${values === undefined ? "missing" : "not an array"}`);
  const { format, revision, life = 1 } = document;
  const edited =
    Number.isSafeInteger(format) && Number.isSafeInteger(revision) && Number.isSafeInteger(life)
      ? { life: life as number, revision: revision as number }
      : undefined;
  return {
    kind: "foreign",
    head: headFromDocument(document, OWN_KEYS),
    messages: (values as Json[]).map(messageFromDocument),
    checksum,
    edited,
    side: edited === undefined ? [] : sideFrom(document["side_lists"]),
  };
}

function sideFrom(lines: Json | undefined): SideEntry[] {
  return Array.isArray(lines)
    ? (lines as Json[]).map(sideEntryFrom).filter((entry) => entry !== undefined)
    : [];
}

/** A line of the side lists: the list's name, and the item. */
export function sideEntryFrom(line: Json): SideEntry | undefined {
  if (!Array.isArray(line)) return undefined;
  const [list, item] = line as Json[];
  return typeof list === "string" && item !== undefined ? [list, freezeParsed(item)] : undefined;
}
