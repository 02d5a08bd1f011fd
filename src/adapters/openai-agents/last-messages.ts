import { SessionNotFoundError } from "../../session/errors/errors.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";

/** The newest messages, oldest of them first; none when there is no session. Default: all. */
export async function lastMessages(
  store: SessionStore,
  id: SessionId,
  limit: number | undefined,
): Promise<Message[]> {
  const messages: Message[] = [];
  if (limit === 0) return messages;
  try {
    for await (const { message } of store.messages(id, { limit, reverse: true })) messages.push(message);
  } catch (error) {
    if (!(error instanceof SessionNotFoundError)) throw error;
  }
  return messages.reverse();
}
