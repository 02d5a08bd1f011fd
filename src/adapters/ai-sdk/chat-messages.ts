import type { UIMessage, validateUIMessages } from "ai";
import { InvalidMessageError, InvalidStoredMessageError } from "../../session/errors/errors.ts";
import { isJsonObject, type Json } from "../../session/json/json.ts";
import { Message } from "../../session/message.ts";
import { loadPeer } from "../load-peer.ts";

/** Your schemas, as `validateUIMessages` takes them. What has none is checked for its form only. */
export type ChatSchemas<UI extends UIMessage> = Omit<
  Parameters<typeof validateUIMessages<UI>>[0],
  "messages"
>;

/**
 * A UI message as a session stores it: every key as it is, but `parts` under `content`, where every reader of a
 * session looks. Values become what they are on the wire to the client: a date a string.
 * @throws {InvalidMessageError} without an id, by which it could be found again.
 */
export function toStored(message: UIMessage): Message {
  if (typeof message.id !== "string" || message.id === "") {
    throw new InvalidMessageError(
      "it has no id; pass generateMessageId (or the options of beginTurn) to toUIMessageStream",
    );
  }
  let wire: unknown;
  try {
    wire = JSON.parse(JSON.stringify(message));
  } catch (error) {
    const named = JSON.stringify(message.id);
    throw new InvalidMessageError(`${named} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isJsonObject(wire)) throw new InvalidMessageError("it is not an object");
  if ("content" in wire) return Message.from(wire);
  const { parts, ...rest } = wire;
  return Message.from({ ...rest, content: parts });
}

/** The inverse of `toStored`; what another writer stored comes in a form that `checkMessages` refuses. */
export function fromStored(message: Message): UIMessage {
  // The stored message is frozen, and the AI SDK's callers may change theirs.
  const copy = structuredClone(message) as unknown as Record<string, Json>;
  if ("parts" in copy) return copy as unknown as UIMessage;
  const { content, ...rest } = copy;
  return { ...rest, parts: content } as unknown as UIMessage;
}

/** @throws {InvalidStoredMessageError} names the first message that does not fit. */
export async function checkStored<UI extends UIMessage>(
  chatId: string,
  messages: readonly UIMessage[],
  schemas: ChatSchemas<UI>,
): Promise<UI[]> {
  const wrong = await firstInvalid(messages, schemas);
  if (wrong === undefined) return messages as UI[];
  const { position, error } = wrong;
  const { id } = messages[position] ?? {};
  throw new InvalidStoredMessageError(chatId, position, id, "a UI message of the AI SDK", { cause: error });
}

/**
 * The messages that a client sent, without those that say nothing (an answer whose model failed at once).
 * @throws {InvalidMessageError} names the first that does not fit.
 */
export async function checkSent<UI extends UIMessage>(
  messages: readonly UI[],
  schemas: ChatSchemas<UI>,
): Promise<UI[]> {
  const saying = messages.filter(({ parts }) => !(Array.isArray(parts) && parts.length === 0));
  const wrong = await firstInvalid(saying, schemas);
  if (wrong === undefined) return saying;
  const { position, error } = wrong;
  const named = JSON.stringify(saying[position]?.id);
  throw new InvalidMessageError(`${named} is not a UI message of the AI SDK, or does not fit your schemas`, {
    cause: error,
  });
}

/** The first message that does not fit, and why. */
async function firstInvalid<UI extends UIMessage>(
  messages: readonly UIMessage[],
  schemas: ChatSchemas<UI>,
): Promise<{ readonly position: number; readonly error: Error } | undefined> {
  if (messages.length === 0) return undefined;
  const { safeValidateUIMessages } = await loadPeer("ai", () => import("ai"));
  const all = await safeValidateUIMessages<UI>({ ...schemas, messages: messages });
  if (all.success) return undefined;
  for (const [position, message] of messages.entries()) {
    const one = await safeValidateUIMessages<UI>({ ...schemas, messages: [message as UI] });
    if (!one.success) return { position, error: one.error };
  }
  return { position: 0, error: all.error };
}
