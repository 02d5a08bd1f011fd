import type { UIMessage, validateUIMessages } from "ai";
import { InvalidMessageError, InvalidStoredMessageError } from "../../session/errors.ts";
import { isJsonObject, type Json } from "../../session/json.ts";
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
    throw new InvalidMessageError(`it is not JSON: ${(error as Error).message}`, { cause: error });
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
export async function checkMessages<UI extends UIMessage>(
  chatId: string,
  messages: readonly UIMessage[],
  schemas: ChatSchemas<UI>,
): Promise<UI[]> {
  const all = messages as UI[];
  const { safeValidateUIMessages } = await loadPeer("ai", () => import("ai"));
  if (all.length === 0 || (await safeValidateUIMessages<UI>({ ...schemas, messages: all })).success)
    return all;
  for (const [position, message] of all.entries()) {
    const result = await safeValidateUIMessages<UI>({ ...schemas, messages: [message] });
    if (!result.success) {
      throw new InvalidStoredMessageError(chatId, position, message.id, "a UI message of the AI SDK", {
        cause: result.error,
      });
    }
  }
  throw new InvalidStoredMessageError(chatId, 0, undefined, "a list of UI messages of the AI SDK");
}
