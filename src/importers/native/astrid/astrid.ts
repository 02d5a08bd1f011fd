import { headFromDocument, InvalidDocumentError, messageFromDocument } from "../../../session/document.ts";
import { ImportError } from "../../../session/errors/errors.ts";
import type { SessionHead } from "../../../session/head.ts";
import { isJsonObject, parseJson, type JsonObject } from "../../../session/json/json.ts";
import type { Message } from "../../../session/message.ts";
import { isSessionId, type SessionId } from "../../../session/session-id.ts";
import type { ImportItem, NativeImporter } from "../native-importer.ts";
import { documentParts, NotADocumentError } from "./document-parts.ts";

/**
 * A session's document as Astrid writes it, or as a store of ours does: a copy from another machine, a backup. It
 * keeps its id, its head and its messages.
 */
export const astrid: NativeImporter = { format: "astrid", recognises, read };

/** Top-level keys that a checkpoint of ours adds and that describe the file, not the session. */
const CHECKPOINT_KEYS: ReadonlySet<string> = new Set([
  "format",
  "revision",
  "journal_offset",
  "journal_crc",
  "checksum",
  "written",
  "updated_at",
  "message_count",
]);
const NONE: ReadonlySet<string> = new Set();

async function recognises(path: string): Promise<boolean> {
  try {
    const document = await documentWithoutMessages(path);
    return (
      document !== undefined && "id" in document && "system_prompt" in document && "metadata" in document
    );
  } catch (error) {
    if (error instanceof NotADocumentError) return false;
    throw error;
  }
}

async function* read(path: string): AsyncGenerator<ImportItem> {
  const { id, head } = await headOf(path);
  // The messages' estimates add up to a count of their own; the document's is set again at the end.
  yield { type: "session", id, head: { ...head, tokenCount: 0 } };
  let index = 0;
  for await (const part of documentParts(path)) {
    if (part.type === "rest") continue;
    try {
      const message = messageFrom(part.bytes, index++);
      yield { type: "message", message, bytes: part.bytes.length };
    } catch (error) {
      const reason = error instanceof InvalidDocumentError ? error.message : "not JSON";
      yield { type: "problem", problem: { offset: part.offset, reason, salvaged: 0, lost: true } };
    }
  }
  const { title, model, gitState, turnCount, toolCallCount, tokenCount } = head;
  const changes = { title, model, gitState, turnCount, toolCallCount, tokenCount };
  yield { type: "end", changes, formerTitles: [] };
}

function messageFrom(bytes: Buffer, index: number): Message {
  return messageFromDocument(parseJson(bytes.toString("utf8")), index);
}

async function headOf(path: string): Promise<{ readonly id: SessionId; readonly head: SessionHead }> {
  try {
    const document = (await documentWithoutMessages(path)) ?? {};
    const id = typeof document["id"] === "string" ? document["id"].toLowerCase() : undefined;
    if (!isSessionId(id)) throw new InvalidDocumentError("id is not a UUID");
    const ours = Number.isSafeInteger(document["format"]);
    return { id, head: headFromDocument(document, ours ? CHECKPOINT_KEYS : NONE) };
  } catch (error) {
    if (!(error instanceof InvalidDocumentError || error instanceof NotADocumentError)) throw error;
    throw new ImportError(path, error.message, { cause: error });
  }
}

async function documentWithoutMessages(path: string): Promise<JsonObject | undefined> {
  for await (const part of documentParts(path)) {
    if (part.type !== "rest") continue;
    try {
      const document = parseJson(part.text);
      if (isJsonObject(document)) return document;
    } catch {
      throw new NotADocumentError("it is not JSON");
    }
  }
  return undefined;
}
