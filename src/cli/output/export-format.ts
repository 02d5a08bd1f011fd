import { SessionNotFoundError } from "../../session/errors.ts";
import { headToDocument } from "../../session/document.ts";
import { jsonText } from "../../session/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";

export const EXPORT_FORMATS = ["jsonl", "json"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * A session at its current revision as text, piece by piece; memory: a message. `jsonl`: a line with its head, then one
 * with each message. `json`: Astrid's document.
 * @throws {SessionNotFoundError}
 */
export async function* exported(
  store: SessionStore,
  id: SessionId,
  format: ExportFormat,
): AsyncGenerator<string> {
  using snapshot = await store.read(id);
  if (snapshot === undefined) throw new SessionNotFoundError(id);
  const head = headToDocument(snapshot.head);
  const lines = format === "jsonl";
  const about = { format: "astrid-sessions-export", version: 1, id, message_count: snapshot.messageCount };
  yield lines
    ? `${jsonText({ ...about, session: head })}\n`
    : `${jsonText({ id, ...head }).slice(0, -1)},"messages":[`;
  for await (const { position, message } of snapshot.messages()) {
    const text = jsonText(message);
    yield lines ? `${text}\n` : position === 0 ? `\n${text}` : `,\n${text}`;
  }
  if (!lines) yield "\n]}\n";
}
