import { ConflictError, SessionNotFoundError } from "../session/errors.ts";
import { headToDocument } from "../session/document.ts";
import { jsonText } from "../session/json.ts";
import type { SessionId } from "../session/session-id.ts";
import type { SessionStore } from "../store/session-store.ts";

export const EXPORT_FORMATS = ["jsonl", "json"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * A session as text, piece by piece; memory: a message. `jsonl`: a line with its head, then one with each message.
 * `json`: Astrid's document.
 * @throws {SessionNotFoundError}
 * @throws {ConflictError} at the end, when messages were taken out of the session meanwhile.
 */
export async function* exported(
  store: SessionStore,
  id: SessionId,
  format: ExportFormat,
): AsyncGenerator<string> {
  const summary = await store.summary(id);
  const session = await store.load(id, { lastMessages: 0 });
  if (summary === undefined || session === undefined) throw new SessionNotFoundError(id);
  const { messageCount, revision } = summary;
  const head = headToDocument(session.head());
  const lines = format === "jsonl";
  yield lines
    ? `${jsonText({ format: "astrid-sessions-export", version: 1, id, message_count: messageCount, session: head })}\n`
    : `${jsonText({ id, ...head }).slice(0, -1)},"messages":[`;
  let count = 0;
  for await (const { message } of store.messages(id, { to: messageCount })) {
    const text = jsonText(message);
    yield lines ? `${text}\n` : count === 0 ? `\n${text}` : `,\n${text}`;
    count++;
  }
  if (count < messageCount) {
    throw new ConflictError(id, revision, (await store.summary(id))?.revision ?? 0);
  }
  if (!lines) yield "\n]}\n";
}
