import type {
  AgentInputItem,
  SessionHistoryRewriteArgs,
  SessionHistoryTransactionArgs,
} from "@openai/agents-core";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { OpenAISession } from "./openai-session.ts";

/** The session that a caller holds: the stored one, for which the recording of a run may stand in. */
export class HeldSession implements OpenAISession {
  readonly stored: OpenAISession;
  readonly id: SessionId;
  #at: OpenAISession;
  #failed: { readonly error: unknown } | undefined;

  constructor(stored: OpenAISession) {
    this.stored = stored;
    this.id = stored.id;
    this.#at = stored;
  }

  /** @throws {InvalidArgumentError} when another recording stands in already. */
  standIn(recording: OpenAISession | undefined): void {
    if (recording !== undefined && this.#at !== this.stored && this.#at !== recording)
      throw new InvalidArgumentError(
        "A run of this session is being recorded; one run at a time writes to it.",
      );
    this.#at = recording ?? this.stored;
  }

  /** The next call fails with what nobody has been told yet. */
  failNext(error: unknown): void {
    this.#failed = { error };
  }

  async getSessionId(): Promise<string> {
    return await this.#now().getSessionId();
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    return await this.#now().getItems(limit);
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    await this.#now().addItems(items);
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    return await this.#now().popItem();
  }

  async clearSession(): Promise<void> {
    await this.#now().clearSession();
  }

  async replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    await this.#now().replaceHistoryWithCompaction(items);
  }

  async replaceEnd(expected: readonly AgentInputItem[], items: readonly AgentInputItem[]): Promise<void> {
    await this.#now().replaceEnd(expected, items);
  }

  async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    await this.#now().applyHistoryMutations(args);
  }

  async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    await this.#now().applyHistoryTransaction(args);
  }

  #now(): OpenAISession {
    const failed = this.#failed;
    this.#failed = undefined;
    if (failed !== undefined) throw failed.error;
    return this.#at;
  }
}
