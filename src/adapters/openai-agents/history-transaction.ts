import type { SessionHistoryTransaction, SessionHistoryTransactionArgs } from "@openai/agents-core";
import { ConflictError, InvalidArgumentError, OperationMismatchError } from "../../session/errors/errors.ts";
import { isJsonObject, jsonEquals } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { contentHash } from "../../importers/identity.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { storedHead } from "../../store/reading/stored-head.ts";
import { lastMessages } from "./last-messages.ts";
import { messageFromItem } from "./stored-item.ts";
import { tokensAfter } from "./token-count.ts";

/** The side list of the transactions that were applied: `{operation_id, digest}` each. */
const APPLIED = "openai-agents.transactions";

export const OTHER_END =
  "The session does not end with the items that are to be replaced; nothing was changed. Read it again.";

/**
 * Applies a transaction to a stored session, its operation id and its change in one commit. Repeating it does nothing.
 * @throws {OperationMismatchError} when the operation id was used for another transaction.
 * @throws {InvalidArgumentError} when the session does not end with the expected suffix.
 */
export async function applyTransaction(
  store: SessionStore,
  id: SessionId,
  { operationId, transaction }: SessionHistoryTransactionArgs,
): Promise<void> {
  if (typeof operationId !== "string" || operationId.trim() === "")
    throw new InvalidArgumentError("operationId must be a string that is not empty.");
  const { expected, items } = messagesOf(transaction);
  const digest = contentHash({ type: transaction.type, expected, items });
  for (;;) {
    // Read before what is stored of it: whatever comes in between makes the commit fail.
    const stored = await storedHead(store.engine, id);
    const applied = await digestOf(store, id, operationId);
    if (applied === digest) return;
    if (applied !== undefined) throw new OperationMismatchError(id, operationId);
    const end = await lastMessages(store, id, expected.length);
    if (stored === undefined || !jsonEquals(end, expected)) throw new InvalidArgumentError(OTHER_END);
    try {
      await store.commit(id, {
        base: stored.revision,
        baseTag: stored.tag,
        splice: [stored.messageCount - expected.length, expected.length, items],
        side: { [APPLIED]: [{ operation_id: operationId, digest }] },
        set: { tokenCount: tokensAfter(store, stored.head.tokenCount, expected, items) },
      });
      return;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

function messagesOf(transaction: SessionHistoryTransaction): { expected: Message[]; items: Message[] } {
  switch (transaction.type) {
    case "append_items":
      return { expected: [], items: transaction.items.map(messageFromItem) };
    case "replace_suffix":
      return {
        expected: transaction.expectedSuffix.map(messageFromItem),
        items: transaction.replacement.map(messageFromItem),
      };
    default:
      throw new InvalidArgumentError("A transaction's type is append_items or replace_suffix.");
  }
}

/** What was applied under an operation id. */
async function digestOf(store: SessionStore, id: SessionId, operationId: string): Promise<unknown> {
  for await (const { item } of store.sideItems(id, { list: APPLIED }))
    if (isJsonObject(item) && item["operation_id"] === operationId) return item["digest"];
  return undefined;
}
