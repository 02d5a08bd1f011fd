import { derivedSessionId } from "../../importers/identity.ts";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";

/** Where a session keeps the id of its chat, when that is not its own. */
const CHAT_ID = "ai_sdk_chat_id";

/**
 * The session of a chat, for `store.load`, `astrid-sessions show` and so on: the chat's id when it is a UUID, else one
 * that is derived from it, always the same.
 * @throws {InvalidArgumentError} when the id is empty.
 */
export function chatSessionId(chatId: string): SessionId {
  if (typeof chatId !== "string" || chatId === "") {
    throw new InvalidArgumentError("A chat's id must be a string that is not empty.");
  }
  return isSessionId(chatId) ? chatId : derivedSessionId("ai-sdk", chatId);
}

/** What a session must note, so that `chatIdOf` gives the chat's id. */
export function chatIdNote(chatId: string): Record<string, string> {
  return isSessionId(chatId) ? {} : { [CHAT_ID]: chatId };
}

/** The id of the chat that a session is. A fork of a chat is a chat of its own, by its session's id. */
export function chatIdOf(id: SessionId, custom: Readonly<Record<string, string>>): string {
  const chatId = custom[CHAT_ID];
  return chatId !== undefined && chatId !== "" && chatSessionId(chatId) === id ? chatId : id;
}
