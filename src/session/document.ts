import { FIELDS, HEAD_FIELDS, type HeadChanges, type HeadField, type SessionHead } from "./head.ts";
import { freezeParsed, isJsonObject, type Json, type JsonObject } from "./json.ts";
import { parsedMessage, type Message } from "./message.ts";

/** A document that does not have the shape of a session; the message says which field and what is wrong. */
export class InvalidDocumentError extends Error {
  override readonly name = "InvalidDocumentError";
}

/**
 * The head in the shape of Astrid's document: snake_case keys, the counters and the title under `metadata`, unknown
 * keys where they were found. `id` and `messages` are the caller's to add.
 */
export function headToDocument(head: SessionHead): JsonObject {
  const metadata: Record<string, Json> = { ...head.metadataExtra };
  const document: Record<string, Json> = {};
  for (const field of HEAD_FIELDS) {
    const { key, place } = FIELDS[field];
    if (field === "metadataExtra" || field === "extra") continue;
    if (place === "metadata") document["metadata"] = metadata;
    (place === "metadata" ? metadata : document)[key] = head[field];
  }
  return { ...document, ...head.extra };
}

/**
 * The head that a document holds. `ownKeys` are top-level keys that belong to the storage format rather than to the
 * session; any other unknown key goes to `extra`.
 * @throws {InvalidDocumentError} when a required key is missing or a value has the wrong type.
 */
export function headFromDocument(document: JsonObject, ownKeys: ReadonlySet<string>): SessionHead {
  const metadata = document["metadata"];
  if (!isJsonObject(metadata)) {
    throw new InvalidDocumentError(`metadata is ${metadata === undefined ? "missing" : "not an object"}`);
  }
  const head: Record<string, Json> = {};
  const known = new Set<string>(["id", "messages", "metadata"]);
  const knownInMetadata = new Set<string>();
  for (const field of HEAD_FIELDS) {
    const { key, place } = FIELDS[field];
    if (field === "metadataExtra" || field === "extra") continue;
    (place === "metadata" ? knownInMetadata : known).add(key);
    head[field] = fieldFrom(field, place === "metadata" ? metadata : document);
  }
  head["metadataExtra"] = rest(metadata, (key) => knownInMetadata.has(key));
  head["extra"] = rest(document, (key) => known.has(key) || ownKeys.has(key));
  return freezeParsed(head) as unknown as SessionHead;
}

/** @throws {InvalidDocumentError} when an element is not a message. */
export function messageFromDocument(value: Json, index: number): Message {
  try {
    return parsedMessage(value);
  } catch (error) {
    throw new InvalidDocumentError(`messages[${index}]: ${(error as Error).message}`, { cause: error });
  }
}

function fieldFrom(field: HeadField, source: JsonObject): Json {
  const { key, place, required, expected, accepts, initial } = FIELDS[field];
  const name = place === "metadata" ? `metadata.${key}` : key;
  const value = asAstridReads(field, source[key]);
  if (value === undefined) {
    if (required) throw new InvalidDocumentError(`${name} is missing`);
    return initial;
  }
  if (!accepts(value)) throw new InvalidDocumentError(`${name} must be ${expected}`);
  return value;
}

function rest(source: JsonObject, isKnown: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(source).filter(([key]) => !isKnown(key)));
}

/**
 * Two values are read leniently, as Astrid does: a user id that cannot be decoded counts as zeros, and what a session
 * has spent becomes a finite number from 0 up, so that an edited file cannot grant budget.
 */
function asAstridReads(field: HeadField, value: Json | undefined): Json | undefined {
  if (field === "userId" && typeof value === "string") {
    const userId = value.toLowerCase();
    return FIELDS.userId.accepts(userId) ? userId : FIELDS.userId.initial;
  }
  if (field === "budgetSnapshot" && isJsonObject(value)) {
    const spent = value["session_spent_usd"];
    if (typeof spent === "number" && !(spent >= 0 && spent <= Number.MAX_VALUE)) {
      return { ...value, session_spent_usd: spent > 0 ? Number.MAX_VALUE : 0 };
    }
  }
  return value;
}

/**
 * The listed fields that the first part of a document holds.
 * @throws {InvalidDocumentError} when a value has the wrong type.
 */
export function listedFromDocument(document: JsonObject): HeadChanges {
  const metadata = document["metadata"];
  if (!isJsonObject(metadata)) throw new InvalidDocumentError("metadata is missing");
  return Object.fromEntries(
    HEAD_FIELDS.filter((field) => FIELDS[field].listed || field === "tokenCount").map((field) => [
      field,
      fieldFrom(field, FIELDS[field].place === "metadata" ? metadata : document),
    ]),
  );
}
