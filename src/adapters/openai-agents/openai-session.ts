import type {
  AgentInputItem,
  SessionHistoryRewriteArgs,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from "@openai/agents-core";
import { randomUUID } from "node:crypto";
import { derivedSessionId } from "../../importers/identity.ts";
import { ConflictError, InvalidArgumentError, SessionNotFoundError } from "../../session/errors/errors.ts";
import { EMPTY_HEAD, headChanges } from "../../session/head.ts";
import { jsonEquals } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { storedHead } from "../../store/reading/stored-head.ts";
import { checkPeer } from "../load-peer.ts";
import { HeldSession } from "./held-session.ts";
import { applyTransaction, OTHER_END } from "./history-transaction.ts";
import { lastMessages } from "./last-messages.ts";
import { mutated } from "./history-mutation.ts";
import { itemFromMessage, messageFromItem } from "./stored-item.ts";
import { tokensAfter, tokensOf } from "./token-count.ts";

export interface OpenAISessionOptions {
  /** Any text; a lower-case UUID is the session's id in the store as it is. Default: a new UUID. */
  readonly sessionId?: string | undefined;
}

/** A session of the Agents SDK in a store; also what is optional in the SDK's interface. */
export interface OpenAISession
  extends SessionHistoryTransactionAwareSession, SessionHistoryRewriteAwareSession {
  /** The session's id in the store: for `store.load`, `astrid-sessions show` and so on. */
  readonly id: SessionId;
  replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void>;
  applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void>;
  applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void>;
  /**
   * Replaces the items at the end, in one commit.
   * @throws {InvalidArgumentError} when the session does not end with `expected`.
   */
  replaceEnd(expected: readonly AgentInputItem[], items: readonly AgentInputItem[]): Promise<void>;
}

/**
 * The Agents SDK's `Session` over a store. Every change is one commit, durable when it resolves; a change that finds
 * the session changed by someone else begins again. The session is created by the first item.
 *
 * @throws {PeerVersionError} when the SDK is installed in a version that this package does not work with.
 * @example
 * await runner.run(agent, "Hello", { session: openaiSession(store, { sessionId: "user-7" }) });
 */
export function openaiSession(store: SessionStore, options: OpenAISessionOptions = {}): OpenAISession {
  checkPeer("@openai/agents-core");
  return new HeldSession(new StoredHistory(store, options.sessionId ?? randomUUID()));
}

type Current = NonNullable<Awaited<ReturnType<typeof storedHead>>>;

class StoredHistory implements OpenAISession {
  readonly id: SessionId;
  readonly #store: SessionStore;
  readonly #sessionId: string;

  constructor(store: SessionStore, sessionId: string) {
    if (typeof sessionId !== "string" || sessionId === "")
      throw new InvalidArgumentError("sessionId must be a string that is not empty.");
    this.#store = store;
    this.#sessionId = sessionId;
    this.id = isSessionId(sessionId) ? sessionId : derivedSessionId("openai-agents", sessionId);
  }

  async getSessionId(): Promise<string> {
    return this.#sessionId;
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit !== undefined && !(limit > 0)) return [];
    return (await this.#last(limit)).map(itemFromMessage);
  }

  async addItems(items: readonly AgentInputItem[]): Promise<void> {
    const messages = items.map(messageFromItem);
    if (messages.length > 0) await this.#append(messages);
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    for (;;) {
      const current = await this.#current();
      if (current === undefined || current.messageCount === 0) return undefined;
      const [last] = await this.#last(1);
      if (last !== undefined && (await this.#splice(current, current.messageCount - 1, [last], [])))
        return itemFromMessage(last);
    }
  }

  async clearSession(): Promise<void> {
    await this.#store.delete(this.id);
  }

  async replaceHistoryWithCompaction(items: readonly AgentInputItem[]): Promise<void> {
    const messages = items.map(messageFromItem);
    for (;;) {
      const current = await this.#current();
      if (current === undefined) {
        await this.addItems(items);
        return;
      }
      if (await this.#splice(current, 0, await this.#last(), messages)) return;
    }
  }

  async replaceEnd(expected: readonly AgentInputItem[], items: readonly AgentInputItem[]): Promise<void> {
    const [before, after] = [expected.map(messageFromItem), items.map(messageFromItem)];
    if (before.length === 0) {
      await this.addItems(items);
      return;
    }
    for (;;) {
      const current = await this.#current();
      const end = await this.#last(before.length);
      if (current === undefined || !jsonEquals(end, before)) throw new InvalidArgumentError(OTHER_END);
      if (await this.#splice(current, current.messageCount - before.length, before, after)) return;
    }
  }

  async applyHistoryMutations({ mutations }: SessionHistoryRewriteArgs): Promise<void> {
    for (;;) {
      const current = await this.#current();
      if (current === undefined || mutations.length === 0) return;
      const stored = await this.#last();
      const change = mutated(stored.map(itemFromMessage), mutations);
      if (change === undefined) return;
      const [start, deleteCount, items] = change;
      const removed = stored.slice(start, start + deleteCount);
      if (await this.#splice(current, start, removed, items.map(messageFromItem))) return;
    }
  }

  async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    // In a commit of its own, so that a retry of the transaction is the same commit.
    if ((await this.#current()) === undefined) await this.#create([]);
    await applyTransaction(this.#store, this.id, args);
  }

  #last(limit?: number): Promise<Message[]> {
    return lastMessages(this.#store, this.id, limit);
  }

  #current(): Promise<Current | undefined> {
    return storedHead(this.#store.engine, this.id);
  }

  async #append(messages: readonly Message[]): Promise<void> {
    for (;;) {
      try {
        await this.#store.append(this.id, messages);
        return;
      } catch (error) {
        if (!(error instanceof SessionNotFoundError)) throw error;
      }
      if (await this.#create(messages)) return;
    }
  }

  /** False when someone else was first. */
  async #create(messages: readonly Message[]): Promise<boolean> {
    const tokenCount = tokensOf(this.#store, messages);
    const custom = { source: "openai-agents", openai_session_id: this.#sessionId };
    const createdAt = new Date().toISOString();
    const set = headChanges(EMPTY_HEAD, { ...EMPTY_HEAD, createdAt, custom, tokenCount });
    return await unlessChanged(this.#store.commit(this.id, { base: 0, splice: [0, 0, messages], set }));
  }

  /** False when someone else has changed the session since. */
  async #splice(
    { revision, tag, head }: Current,
    start: number,
    removed: readonly Message[],
    messages: readonly Message[],
  ): Promise<boolean> {
    const splice = [start, removed.length, messages] as const;
    const set = { tokenCount: tokensAfter(this.#store, head.tokenCount, removed, messages) };
    return await unlessChanged(this.#store.commit(this.id, { base: revision, baseTag: tag, splice, set }));
  }
}

async function unlessChanged(commit: Promise<unknown>): Promise<boolean> {
  try {
    await commit;
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
