import type { Message } from "../../session/message.ts";
import { mergeMessages } from "./merge-messages.ts";

/** What `useChat` says of a request beside its messages. */
export interface RequestKind {
  /**
   * `regenerate-message` says that the user gave up whatever comes behind the messages; without it nothing is removed
   * but what the messages themselves replace.
   */
  readonly trigger?: "submit-message" | "regenerate-message" | undefined;
  /**
   * The message that was edited or is made anew, which the messages may not have any more; or the answer that goes on,
   * now that its call is approved or has a result.
   */
  readonly messageId?: string | undefined;
}

/** The stored messages with what a request sent worked in. */
export function workIn(
  stored: readonly Message[],
  sent: readonly Message[],
  { trigger, messageId }: RequestKind,
): Message[] {
  const last = sent.at(-1);
  const merged = mergeMessages(beforeEdit(stored, last, messageId), sent);
  // Also an edit that changes nothing asks for another answer.
  const isEdit = last?.role === "user" && last.id === messageId;
  if (trigger !== "regenerate-message" && !isEdit) return merged;
  const end = last === undefined ? positionOf(merged, messageId) : positionOf(merged, last.id) + 1;
  return end === -1 ? merged : merged.slice(0, end);
}

/**
 * What a client that sends only its last message would have sent of them all: it stands where it stood, else behind all
 * that is stored.
 */
export function withStored(
  stored: readonly Message[],
  message: Message,
  { messageId }: RequestKind,
): Message[] {
  const before = beforeEdit(stored, message, messageId);
  const at = positionOf(before, message.id);
  return [...(at === -1 ? before : before.slice(0, at)), message];
}

/** The messages that a turn goes on from: up to the answer whose call was approved or given its result, else all. */
export function upToAnswer<M extends { readonly id: string; readonly role: string }>(
  sent: readonly M[],
  { trigger, messageId }: RequestKind,
): readonly M[] {
  const at = sent.findIndex(({ id, role }) => id === messageId && role === "assistant");
  return at === -1 || trigger === "regenerate-message" ? sent : sent.slice(0, at + 1);
}

/** An edited message may come back under a new id: it replaces the one that was edited, and what followed. */
function beforeEdit(
  stored: readonly Message[],
  last: Message | undefined,
  messageId: string | undefined,
): readonly Message[] {
  if (last?.role !== "user" || positionOf(stored, last.id) !== -1) return stored;
  const edited = positionOf(stored, messageId);
  return edited !== -1 && stored[edited]?.role === "user" ? stored.slice(0, edited) : stored;
}

function positionOf(messages: readonly Message[], id: string | undefined): number {
  return id === undefined ? -1 : messages.findIndex((message) => message.id === id);
}
