import { EXACT_KEY, exactMessage } from "./astrid/document-message.ts";
import { isAllowance, isEscapeState } from "./astrid/grants.ts";
import { LEVEL, readable } from "./astrid/readable.ts";
import { FIELDS, HEAD_FIELDS, type HeadChanges, type HeadField, type SessionHead } from "./head.ts";
import {
  freezeParsed,
  isJsonObject,
  jsonEquals,
  jsonText,
  mergedObject,
  type Json,
  type JsonObject,
} from "./json/json.ts";
import { parsedMessage, type Message } from "./message.ts";
import { isWhole, numberTextOf } from "./json/number.ts";
import { isStoredTime, timeMs } from "./time.ts";

/** A document that does not have the shape of a session; the message says which field and what is wrong. */
export class InvalidDocumentError extends Error {
  override readonly name = "InvalidDocumentError";
}

/**
 * The head in the shape of Astrid's document: snake_case keys, the counters and the title under `metadata`, unknown
 * keys where they were found. `id` and `messages` are the caller's to add.
 *
 * Every value is one that Astrid reads. Where the session's is not, it is kept under `EXACT_KEY`, which stands first.
 */
export function headToDocument(head: SessionHead): JsonObject {
  const known: Record<string, Json> = {};
  const knownInMetadata: Record<string, Json> = {};
  const exact: Record<string, Json> = {};
  for (const field of HEAD_FIELDS) {
    if (field === "metadataExtra" || field === "extra") continue;
    const { key, place } = FIELDS[field];
    const value = toAstrid(field, head[field]);
    (place === "metadata" ? knownInMetadata : known)[key] = value;
    if (place === "metadata") known["metadata"] = knownInMetadata;
    if (value !== head[field]) exact[key] = head[field];
  }
  const extra = mergedObject([head.extra], isReadableKey);
  const metadataExtra = mergedObject([head.metadataExtra], isReadableKey);
  for (const [field, seen] of [
    ["extra", extra],
    ["metadataExtra", metadataExtra],
  ] as const) {
    if (Object.keys(seen).length < Object.keys(head[field]).length) exact[FIELDS[field].key] = head[field];
  }
  known["metadata"] = mergedObject([metadataExtra, knownInMetadata]);
  const kept: JsonObject = Object.keys(exact).length === 0 ? {} : { [EXACT_KEY]: exact };
  return mergedObject([kept, known, extra]);
}

/** The entries of `headToDocument`, each value as JSON text. */
export function headToDocumentTexts(head: SessionHead): [key: string, text: string][] {
  const document = headToDocument(head);
  return Object.entries(document).map(([key, value]) => [
    key,
    numberTextOf(document, key) ?? jsonText(value),
  ]);
}

/** Keys that Astrid does not know are parsed all the same; what stands under them is not. */
function isReadableKey(key: string): boolean {
  return key !== EXACT_KEY && key.isWellFormed();
}

/** The value itself where Astrid reads it, else one that it reads and that says as much of it as can be said. */
function toAstrid(field: HeadField, value: Json): Json {
  const { place, astridReads, initial } = FIELDS[field];
  const seen = readable(value, place === "metadata" ? LEVEL.inMetadata : LEVEL.ofKey);
  if (astridReads(seen)) return seen;
  switch (field) {
    case "createdAt":
      return isStoredTime(seen) ? new Date(timeMs(seen)).toISOString() : initial;
    case "allowances":
      return Array.isArray(seen) ? (seen as readonly Json[]).filter(isAllowance) : initial;
    case "escapeState": {
      const paths = isJsonObject(seen) ? seen["remembered_paths"] : undefined;
      const strings = Array.isArray(paths)
        ? (paths as readonly Json[]).filter((path) => typeof path === "string")
        : [];
      return isEscapeState({ remembered_paths: strings }) ? { remembered_paths: strings } : initial;
    }
    default:
      return initial;
  }
}

/**
 * The head that a document holds. `ownKeys` are top-level keys that belong to the storage format rather than to the
 * session; any other unknown key goes to `extra`.
 *
 * Of a document that this package did not write, what Astrid refuses is refused.
 * @throws {InvalidDocumentError} when a required key is missing or a value has the wrong type.
 */
export function headFromDocument(document: JsonObject, ownKeys: ReadonlySet<string>): SessionHead {
  const metadata = document["metadata"];
  if (!isJsonObject(metadata)) {
    throw new InvalidDocumentError(`metadata is ${metadata === undefined ? "missing" : "not an object"}`);
  }
  const reader = new FieldReader(document, metadata);
  const head: Record<string, Json> = {};
  const known = new Set<string>(["id", "messages", "metadata", EXACT_KEY]);
  const knownInMetadata = new Set<string>();
  for (const field of HEAD_FIELDS) {
    const { key, place } = FIELDS[field];
    if (field === "metadataExtra" || field === "extra") continue;
    (place === "metadata" ? knownInMetadata : known).add(key);
    head[field] = reader.read(field);
  }
  head["metadataExtra"] = reader.unknown("metadataExtra", metadata, (key) => !knownInMetadata.has(key));
  head["extra"] = reader.unknown("extra", document, (key) => !known.has(key) && !ownKeys.has(key));
  return freezeParsed(head) as unknown as SessionHead;
}

/**
 * The message that an element of a document's `messages` stands for.
 * @throws {InvalidDocumentError} when the element is not a message.
 */
export function messageFromDocument(value: Json, index: number): Message {
  try {
    return parsedMessage(exactMessage(value));
  } catch (error) {
    throw new InvalidDocumentError(`messages[${index}]: ${(error as Error).message}`, { cause: error });
  }
}

/** Reads the fields of one document. */
class FieldReader {
  readonly #document: JsonObject;
  readonly #metadata: JsonObject;
  /** What Astrid cannot read, by the keys of a journal's `set`. */
  readonly #exact: JsonObject;
  /** An earlier version of this package took more than Astrid does, and wrote it where Astrid looks. */
  readonly #isOurs: boolean;

  constructor(document: JsonObject, metadata: JsonObject) {
    this.#document = document;
    this.#metadata = metadata;
    const exact = document[EXACT_KEY];
    this.#exact = isJsonObject(exact) ? exact : {};
    this.#isOurs = Number.isSafeInteger(document["format"]);
  }

  read(field: HeadField): Json {
    const { key, place, required, expected, accepts, astridReads, initial } = FIELDS[field];
    const name = place === "metadata" ? `metadata.${key}` : key;
    const holder = place === "metadata" ? this.#metadata : this.#document;
    const value = asAstridReads(field, holder, key, this.#isOurs);
    if (value === undefined) {
      if (required) throw new InvalidDocumentError(`${name} is missing`);
      return initial;
    }
    const exact = this.#exactOf(field);
    // Somebody may have changed what Astrid can read since we wrote it.
    if (exact !== undefined && accepts(exact) && jsonEquals(toAstrid(field, exact), value)) return exact;
    if (!(this.#isOurs ? accepts : astridReads)(value))
      throw new InvalidDocumentError(`${name} must be ${expected}`);
    return value;
  }

  unknown(
    field: "extra" | "metadataExtra",
    source: JsonObject,
    isUnknown: (key: string) => boolean,
  ): JsonObject {
    const exact = this.#exactOf(field);
    const seen = mergedObject([source], isUnknown);
    if (!isJsonObject(exact)) return seen;
    const hidden = mergedObject([exact], (key) => !isReadableKey(key));
    return mergedObject([seen, hidden]);
  }

  #exactOf(field: HeadField): Json | undefined {
    const { key } = FIELDS[field];
    return Object.hasOwn(this.#exact, key) ? this.#exact[key] : undefined;
  }
}

/** The largest count that Astrid's 64 bits hold. */
const LARGEST_COUNT = 2n ** 64n - 1n;

/**
 * Some values are read as Astrid reads them: of a user id the first eight bytes count, one that cannot be decoded
 * counts as zeros; a count beyond 2^53 - 1 counts as that; and what a session has spent becomes a number from 0 up, so
 * that an edited file cannot grant budget.
 */
function asAstridReads(field: HeadField, holder: JsonObject, key: string, isOurs: boolean): Json | undefined {
  const value = Object.hasOwn(holder, key) ? holder[key] : undefined;
  if (field === "userId" && typeof value === "string") {
    return /^(?:[0-9a-f]{2}){8,}$/i.test(value) ? value.slice(0, 16).toLowerCase() : FIELDS.userId.initial;
  }
  if (COUNTS.has(field) && typeof value === "number") {
    const text = numberTextOf(holder, key) ?? "";
    if (value > Number.MAX_SAFE_INTEGER && /^\d+$/.test(text) && BigInt(text) <= LARGEST_COUNT)
      return Number.MAX_SAFE_INTEGER;
    return isWhole(value, Number.MAX_SAFE_INTEGER, holder, key) ? value : NaN;
  }
  if (field === "budgetSnapshot" && isJsonObject(value)) {
    const spent = value["session_spent_usd"];
    const isReadable = typeof spent === "number" && (isOurs || Number.isFinite(spent));
    if (isReadable && !(spent >= 0 && spent <= Number.MAX_VALUE)) {
      return mergedObject([value, { session_spent_usd: spent > 0 ? Number.MAX_VALUE : 0 }]);
    }
  }
  return value;
}

const COUNTS: ReadonlySet<HeadField> = new Set(["tokenCount", "turnCount", "toolCallCount", "approvalCount"]);

/**
 * The listed fields that the first part of a document holds.
 * @throws {InvalidDocumentError} when a value has the wrong type.
 */
export function listedFromDocument(document: JsonObject): HeadChanges {
  const metadata = document["metadata"];
  if (!isJsonObject(metadata)) throw new InvalidDocumentError("metadata is missing");
  const reader = new FieldReader(document, metadata);
  return Object.fromEntries(
    HEAD_FIELDS.filter((field) => FIELDS[field].listed || field === "tokenCount").map((field) => [
      field,
      reader.read(field),
    ]),
  );
}
