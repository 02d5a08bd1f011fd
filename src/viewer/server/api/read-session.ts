import { InvalidArgumentError, SessionNotFoundError } from "../../../session/errors/errors.ts";
import { jsonText } from "../../../session/json/json.ts";
import type { Message } from "../../../session/message.ts";
import { projectMessage } from "../../../session/projection/project-message.ts";
import { parseSessionId } from "../../../session/session-id.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import { resumeLine, resumptionOf } from "../../../importers/resume.ts";
import type { CutText, MessagePage, SessionDetails, ShownMessage } from "../../shapes.ts";
import { numberIn } from "./filters.ts";
import { imagesIn, type FoundImage } from "./images.ts";
import { rowOf } from "./session-row.ts";
import { MOST_OF_A_MESSAGE, pieceOf, shapeMessage, textOfPart } from "./shape-message.ts";

const MESSAGES = 50;
const MOST_MESSAGES = 500;
/** An answer ends behind the message with which it has so many characters. */
const FULL = 1_000_000;
const MOST_OF_A_PROMPT = 20_000;

/** A session without its messages. */
export async function sessionDetails(
  store: SessionStore,
  id: string,
  readOnly: boolean,
): Promise<SessionDetails> {
  const summary = await store.summary(id);
  using snapshot = await store.read(id);
  if (summary === undefined || snapshot === undefined) throw new SessionNotFoundError(parseSessionId(id));
  const { head, revision } = snapshot;
  const children = (await store.list({ parentId: snapshot.id })).sessions;
  const parent =
    head.parentId === null ? undefined : await store.summary(head.parentId).catch(() => undefined);
  const resumption = resumptionOf(snapshot.id, head, revision);
  const cannot = "why" in resumption;
  return {
    session: rowOf(summary, children.length),
    systemPrompt: pieceOf(head.systemPrompt, 0, MOST_OF_A_PROMPT),
    branch: head.gitState?.branch ?? null,
    resume: cannot ? null : resumeLine(resumption),
    whyNoResume: cannot ? resumption.why : null,
    parent: parent === undefined ? null : rowOf(parent),
    children: children.map((child) => rowOf(child)),
    readOnly,
  };
}

/** Some messages by their positions; of an earlier revision when the request names one. */
export async function messagePage(
  store: SessionStore,
  id: string,
  params: URLSearchParams,
): Promise<MessagePage> {
  const from = numberIn(params, "from", 0, Number.MAX_SAFE_INTEGER);
  const limit = Math.max(numberIn(params, "limit", MESSAGES, MOST_MESSAGES), 1);
  using snapshot = await snapshotFor(store, id, params);
  const { revision, messageCount } = snapshot;
  // The end, whatever its positions are: what is shown first.
  const start = params.get("from") === null ? Math.max(messageCount - limit, 0) : from;
  const messages: ShownMessage[] = [];
  let size = 0;
  for await (const { position, message } of snapshot.messages({ from: start, limit })) {
    const shown = shapeMessage(position, message);
    messages.push(shown);
    for (const part of shown.parts) if (part.type !== "attachment") size += part.text.length;
    if (size > FULL) break;
  }
  return { revision, messageCount, messages };
}

/** A further piece of a part of a message. */
export async function pieceOfPart(
  store: SessionStore,
  id: string,
  params: URLSearchParams,
): Promise<CutText & { readonly from: number }> {
  const message = await messageAt(store, id, params);
  const part = projectMessage(message).parts[numberIn(params, "part", 0, Number.MAX_SAFE_INTEGER)];
  if (part === undefined) throw new InvalidArgumentError("The message has no such part.");
  const whole = textOfPart(part);
  const from = numberIn(params, "from", 0, whole.length);
  return { from, text: pieceOf(whole, from, MOST_OF_A_MESSAGE), total: whole.length };
}

/** A message as it is stored. */
export async function rawMessage(store: SessionStore, id: string, params: URLSearchParams): Promise<string> {
  return jsonText(await messageAt(store, id, params));
}

export async function imageOfMessage(
  store: SessionStore,
  id: string,
  params: URLSearchParams,
): Promise<FoundImage> {
  const images = imagesIn(await messageAt(store, id, params));
  const image = images[numberIn(params, "image", 0, Number.MAX_SAFE_INTEGER)];
  if (image === undefined) throw new InvalidArgumentError("The message has no such image.");
  return image;
}

async function messageAt(store: SessionStore, id: string, params: URLSearchParams): Promise<Message> {
  using snapshot = await snapshotFor(store, id, params);
  const from = numberIn(params, "position", 0, Number.MAX_SAFE_INTEGER);
  for await (const { message } of snapshot.messages({ from, limit: 1 })) return message;
  throw new InvalidArgumentError(`The session has no message ${from}.`);
}

/** The revision that a request is about. Who gets it closes it. */
export async function snapshotFor(
  store: SessionStore,
  id: string,
  params: URLSearchParams,
): Promise<NonNullable<Awaited<ReturnType<SessionStore["read"]>>>> {
  const revision = params.has("revision")
    ? numberIn(params, "revision", 0, Number.MAX_SAFE_INTEGER)
    : undefined;
  const snapshot = await store.read(id, { revision });
  if (snapshot === undefined) throw new SessionNotFoundError(parseSessionId(id));
  return snapshot;
}
