import type { Message } from "../../session/message.ts";
import { tokensIn } from "../../session/summary/tokens.ts";
import type { SessionStore } from "../../store/session-store.ts";

export function tokensOf({ estimateTokens }: SessionStore, messages: readonly Message[]): number {
  return tokensIn(messages, estimateTokens);
}

/** The count of a session that had `tokenCount`, of which some messages go and others come. */
export function tokensAfter(
  store: SessionStore,
  tokenCount: number,
  removed: readonly Message[],
  added: readonly Message[],
): number {
  return Math.max(tokenCount - tokensOf(store, removed) + tokensOf(store, added), 0);
}
