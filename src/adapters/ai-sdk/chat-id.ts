import { derivedSessionId } from "../../importers/identity.ts";
import { InvalidArgumentError } from "../../session/errors.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";

/** The session of a chat: the chat's id when it is a UUID, else one that is derived from it, always the same. */
export function sessionIdOf(chatId: string): SessionId {
  if (typeof chatId !== "string" || chatId === "") {
    throw new InvalidArgumentError("A chat's id must be a string that is not empty.");
  }
  return isSessionId(chatId) ? chatId : derivedSessionId("ai-sdk", chatId);
}
