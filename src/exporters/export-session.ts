import type { SessionId } from "../session/session-id.ts";
import { subagentsOf } from "../store/delete-session.ts";
import { SessionNotFoundError } from "../session/errors/errors.ts";
import { documentText } from "../session/astrid/document-message.ts";
import { boundaryOf } from "../session/context/compaction.ts";
import { stepsOf } from "../session/context/steps.ts";
import { headToDocumentTexts } from "../session/document.ts";
import type { SessionHead } from "../session/head.ts";
import { jsonText } from "../session/json/json.ts";
import { parseSessionId } from "../session/session-id.ts";
import { redactHead } from "../redaction/redact-commit.ts";
import { redactMessage, type Redact } from "../redaction/redact.ts";
import type { SessionSnapshot } from "../store/reading/snapshot.ts";
import type { SessionStore } from "../store/session-store.ts";

export const EXPORT_FORMATS = ["jsonl", "json"] as const;
/** `jsonl`: JSON lines, which `importFile` takes back to the letter. `json`: Astrid's document. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions {
  /** Changes every text that leaves, such as `redactSecrets`. Default: all leaves as it is stored. */
  readonly redact?: Redact | undefined;
}

/**
 * A session at its current revision as text, piece by piece; memory: a message. `jsonl`: a line with its head, then one
 * with each message, to the letter. `json`: Astrid's document, which Astrid can read whatever the session holds; what it
 * cannot is beside it.
 * @throws {SessionNotFoundError | InvalidSessionIdError} with the first step.
 * @example for await (const text of exportSession(store, id)) file.write(text);
 */
export async function* exportSession(
  store: SessionStore,
  id: string,
  format: ExportFormat = "jsonl",
  { redact }: ExportOptions = {},
): AsyncGenerator<string> {
  using snapshot = await store.read(parseSessionId(id));
  if (snapshot === undefined) throw new SessionNotFoundError(id);
  const lines = format === "jsonl";
  const whole = redact === undefined ? snapshot.head : await redactedHead(snapshot, redact);
  const head = headToDocumentTexts(whole).map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  const about = { format: "astrid-sessions-export", version: 1, id, message_count: snapshot.messageCount };
  yield lines
    ? `${jsonText(about).slice(0, -1)},"session":{${head.join(",")}}}\n`
    : `{${[`"id":"${id}"`, ...head].join(",")},"messages":[`;
  for await (const { position, message } of snapshot.messages()) {
    const text = jsonText(redact === undefined ? message : redactMessage(message, redact));
    if (lines) yield `${text}\n`;
    else yield `${position === 0 ? "" : ","}\n${documentText(Buffer.from(text)).toString("utf8")}`;
  }
  if (!lines) yield "\n]}\n";
}

/** The head, whose compactions know the messages as they leave. */
async function redactedHead(snapshot: SessionSnapshot, redact: Redact): Promise<SessionHead> {
  const known = new Map<number, readonly [was: number, is: number]>();
  for (const step of stepsOf(snapshot.head.extra)) {
    if (step.kind !== "compact" || known.has(step.upTo - 1)) continue;
    for await (const { position, message } of snapshot.messages({ from: step.upTo - 1, limit: 1 }))
      known.set(position, [boundaryOf(message), boundaryOf(redactMessage(message, redact))]);
  }
  return redactHead(snapshot.head, redact, (position) => known.get(position));
}

/** A session as text. */
export interface ExportedSession {
  readonly id: SessionId;
  readonly text: AsyncIterable<string>;
}

/**
 * A session, and then the sessions of its sub-agents, and of theirs, each as `exportSession` gives it. Each becomes a
 * file of its own, and `importFile` takes them back in any order.
 * @throws {SessionNotFoundError | InvalidSessionIdError} with the first step.
 */
export async function* exportFamily(
  store: SessionStore,
  id: string,
  format: ExportFormat = "jsonl",
  options: ExportOptions = {},
): AsyncGenerator<ExportedSession> {
  const parent = parseSessionId(id);
  for (const one of [parent, ...(await subagentsOf(store.engine, parent))])
    yield { id: one, text: exportSession(store, one, format, options) };
}
