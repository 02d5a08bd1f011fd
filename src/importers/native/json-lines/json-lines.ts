import { headFromDocument, InvalidDocumentError, messageFromDocument } from "../../../session/document.ts";
import { ImportError } from "../../../session/errors/errors.ts";
import type { SessionHead } from "../../../session/head.ts";
import { isJsonObject, parseJson, type JsonObject } from "../../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../../session/session-id.ts";
import type { ImportItem, NativeImporter } from "../native-importer.ts";
import { linesOf } from "../../read/lines.ts";

/** What `astrid-sessions export` writes: a line with the session's head, then one with each message. */
export const jsonLines: NativeImporter = { format: "astrid-sessions-export", recognises, read };

const VERSION = 1;

async function recognises(path: string): Promise<boolean> {
  return (await firstRecord(path))?.["format"] === jsonLines.format;
}

async function* read(path: string): AsyncGenerator<ImportItem> {
  const { id, head, messageCount } = await headOf(path);
  // The messages' estimates add up to a count of their own; the file's is set again at the end.
  yield { type: "session", id, head: { ...head, tokenCount: 0 } };
  let index = 0;
  let offset = 0;
  for await (const line of linesOf(path)) {
    offset = line.offset + line.length;
    if (line.number === 1) continue;
    const at = { line: line.number, offset: line.offset, salvaged: 0, lost: true };
    const position = index++;
    if (line.bytes === undefined) {
      yield { type: "problem", problem: { ...at, reason: "longer than a message can be" } };
      continue;
    }
    try {
      const message = messageFromDocument(parseJson(line.bytes.toString("utf8")), position);
      yield { type: "message", message, bytes: line.length };
    } catch (error) {
      const reason = error instanceof InvalidDocumentError ? error.message : "not JSON";
      yield { type: "problem", problem: { ...at, reason } };
    }
  }
  if (index < messageCount) {
    const reason = `the file ends after ${index} of ${messageCount} messages`;
    yield { type: "problem", problem: { offset, reason, salvaged: 0, lost: true } };
  }
  const { title, model, gitState, turnCount, toolCallCount, tokenCount } = head;
  const changes = { title, model, gitState, turnCount, toolCallCount, tokenCount };
  yield { type: "end", changes, formerTitles: [] };
}

async function headOf(
  path: string,
): Promise<{ readonly id: SessionId; readonly head: SessionHead; readonly messageCount: number }> {
  const record = (await firstRecord(path)) ?? {};
  const { version, id, session, message_count: messageCount } = record;
  if (typeof version !== "number" || version > VERSION) {
    throw new ImportError(path, "a newer version of astrid-sessions wrote it; update this one");
  }
  if (!isSessionId(id)) throw new ImportError(path, "its first line names no session");
  try {
    const head = headFromDocument(isJsonObject(session) ? session : {}, new Set());
    return { id, head, messageCount: typeof messageCount === "number" ? messageCount : 0 };
  } catch (error) {
    if (!(error instanceof InvalidDocumentError)) throw error;
    throw new ImportError(path, error.message, { cause: error });
  }
}

async function firstRecord(path: string): Promise<JsonObject | undefined> {
  for await (const { bytes } of linesOf(path)) {
    try {
      const record = bytes === undefined ? undefined : parseJson(bytes.toString("utf8"));
      return isJsonObject(record) ? record : undefined;
    } catch {
      // Not a line of JSON: some other format.
      return undefined;
    }
  }
  return undefined;
}
