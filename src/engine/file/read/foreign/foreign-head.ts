import { crc32 } from "node:zlib";
import { EXACT_KEY } from "../../../../session/astrid/document-message.ts";
import { headFromDocument, headToDocument } from "../../../../session/document.ts";
import { HEAD_FIELDS, type HeadChanges, type HeadField, type SessionHead } from "../../../../session/head.ts";
import {
  isJsonObject,
  jsonEquals,
  mergedObject,
  type Json,
  type JsonObject,
} from "../../../../session/json/json.ts";
import { timeMs } from "../../../../session/time.ts";
import { OWN_KEYS } from "../../checkpoint/checkpoint-layout.ts";
import { checksumText } from "../../journal/record/record-line.ts";
import { sortedText } from "./foreign-messages.ts";

/** Astrid finds out anew where the workspace's repository stands each time that it saves. */
const NOT_COMPARED: ReadonlySet<HeadField> = new Set(["gitState"]);

/**
 * The fields that Astrid, or a program that knows its format, changed in a document: what differs from the head that it
 * read, but for what it drops or writes in another form whatever it does. Allowances that Astrid does not store stay.
 */
export function changesOfAstrid(base: SessionHead, theirs: SessionHead): HeadChanges | undefined {
  const document = mergedObject([headToDocument(base)], (key) => key !== EXACT_KEY);
  const seen = headFromDocument(document, OWN_KEYS);
  const changed = HEAD_FIELDS.filter((field) => !isUnchanged(field, seen, theirs));
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map((field) => [field, valueOf(field, base, theirs)]));
}

function isUnchanged(field: HeadField, base: SessionHead, theirs: SessionHead): boolean {
  if (NOT_COMPARED.has(field)) return true;
  const mine = base[field] as Json;
  const its = theirs[field] as Json;
  if (jsonEquals(mine, its)) return true;
  switch (field) {
    case "workspaceId":
    case "parentId":
      return its === null;
    case "extra":
    case "metadataExtra":
      return Object.entries(its as JsonObject).every(([key, value]) =>
        jsonEquals((mine as JsonObject)[key], value),
      );
    case "createdAt":
      return timeMs(mine as string) === timeMs(its as string);
    case "budgetSnapshot":
      if (mine === null) return isJsonObject(its) && its["session_spent_usd"] === 0;
      return isJsonObject(its) && isJsonObject(mine) && jsonEquals(timeless(mine), timeless(its));
    case "escapeState":
      return pathsOf(its).every((path) => pathsOf(mine).includes(path));
    case "allowances":
      return sortedText(sortedItems(valueOf("allowances", base, theirs))) === sortedText(sortedItems(mine));
    default:
      return false;
  }
}

/** A field's new value; what Astrid cannot have known of it stays. */
function valueOf(field: HeadField, base: SessionHead, theirs: SessionHead): Json {
  switch (field) {
    case "extra":
    case "metadataExtra":
      return mergedObject([base[field], theirs[field]]);
    case "allowances":
      return [...base.allowances.filter((one) => !isStoredByAstrid(one)), ...theirs.allowances];
    default:
      return theirs[field];
  }
}

/** Of allowances, Astrid stores those of the session only. */
function isStoredByAstrid(allowance: Json): boolean {
  return isJsonObject(allowance) && allowance["session_only"] === true;
}

function timeless(budget: JsonObject): JsonObject {
  return mergedObject([budget], (key) => key !== "last_updated");
}

function pathsOf(escapeState: Json): readonly Json[] {
  const paths = isJsonObject(escapeState) ? escapeState["remembered_paths"] : undefined;
  return Array.isArray(paths) ? (paths as readonly Json[]) : [];
}

function sortedItems(items: Json): Json {
  if (!Array.isArray(items)) return items;
  return (items as readonly Json[]).toSorted((left, right) =>
    sortedText(left) < sortedText(right) ? -1 : 1,
  );
}

/** A checksum for each field of a document's head, the same for each form in which Astrid writes one value. */
export function fieldSums(head: SessionHead): string[] {
  return HEAD_FIELDS.map((field) => checksumText(crc32(sortedText(formOf(field, head[field] as Json)))));
}

/** The fields whose checksums are others. */
export function fieldsChanged(head: SessionHead, sums: readonly string[]): HeadField[] {
  const now = fieldSums(head);
  return HEAD_FIELDS.filter((_, index) => now[index] !== sums[index]);
}

function formOf(field: HeadField, value: Json): Json {
  if (NOT_COMPARED.has(field)) return null;
  if (field === "createdAt") return timeMs(value as string);
  if (field === "budgetSnapshot" && isJsonObject(value)) return timeless(value);
  if (field === "escapeState") return sortedItems(pathsOf(value));
  return field === "allowances" ? sortedItems(value) : value;
}
