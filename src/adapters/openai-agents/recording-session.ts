import type {
  AgentInputItem,
  RunContext,
  Runner,
  RunContextAwareSession,
  SessionHistoryRewriteArgs,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from "@openai/agents-core";
import { jsonEquals } from "../../session/json.ts";
import type { OpenAISession } from "./openai-session.ts";
import { messageFromItem } from "./stored-item.ts";

/**
 * A session that is ahead of its runner: it has what was recorded at its end, and shows the runner what the runner has
 * stored. When the runner stores that too, it is there already.
 */
export class RecordingSession
  implements RunContextAwareSession, SessionHistoryTransactionAwareSession, SessionHistoryRewriteAwareSession
{
  readonly acceptsRunContext = true;
  readonly #session: OpenAISession;
  #context: unknown;
  /** The run's input, as it was recorded. */
  #input: readonly AgentInputItem[] = [];
  /** How many of the run's items the runner has stored: input first, then what the run produced. */
  #confirmed = 0;
  /** Stored at the end, but not by the runner. */
  #ahead: readonly AgentInputItem[] = [];
  #isOver = false;
  /** One step after the other; what failed without anybody waiting for it fails the next step. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(session: OpenAISession) {
    this.#session = session;
  }

  /** Records the run's input. */
  async record(items: readonly AgentInputItem[]): Promise<void> {
    await this.#step(async () => {
      this.#input = items.map(asStored);
      await this.#become(this.#input);
    });
  }

  /** Records what the run has produced so far, all of it. */
  async recordProduced(items: readonly AgentInputItem[]): Promise<void> {
    await this.#step(async () => {
      if (!this.#isOver) await this.#become([...this.#input, ...items.map(asStored)].slice(this.#confirmed));
    });
  }

  /** Records each call of a tool when the tool starts. @returns what ends that. */
  listenTo(runner: Runner): () => void {
    const record = (context: unknown, _agent: unknown, _tool: unknown, details: unknown): void => {
      // Other runs of this runner have a context of their own.
      if (context !== this.#context) return;
      const { toolCall } = details as { readonly toolCall: AgentInputItem };
      const call = asStored(toolCall);
      const recorded = this.#step(async () => {
        if (!this.#isOver && !this.#ahead.some((item) => same(item, call)))
          await this.#become([...this.#ahead, call]);
      });
      // Whoever takes the next step is told.
      recorded.catch(() => undefined);
    };
    runner.on("agent_tool_start", record);
    return () => runner.off("agent_tool_start", record);
  }

  /** Waits until everything is stored that was to be recorded; what went wrong, if anything did. */
  failure(): Promise<unknown> {
    return this.#queue.then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  getSessionId(): Promise<string> {
    return this.#session.getSessionId();
  }

  async getItems(limit?: number, context?: RunContext): Promise<AgentInputItem[]> {
    this.#context ??= context;
    return await this.#step(async () => {
      const { length } = this.#ahead;
      if (limit === undefined) return (await this.#session.getItems()).slice(0, -length || undefined);
      if (!(limit > 0)) return [];
      return (await this.#session.getItems(limit + length)).slice(0, -length || undefined);
    });
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    await this.#step(async () => {
      const ahead = this.#ahead;
      const length = commonLength(ahead, items);
      if (length === items.length) {
        this.#ahead = ahead.slice(length);
      } else {
        // The runner stores something else than what it was seen to send: from now on only it knows what is next.
        if (length < ahead.length) this.#isOver = true;
        await this.#session.replaceEnd(ahead.slice(length), items.slice(length));
        this.#ahead = [];
      }
      this.#confirmed += items.length;
    });
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    return await this.#step(async () => {
      await this.#takeBack();
      return await this.#session.popItem();
    });
  }

  async clearSession(): Promise<void> {
    await this.#step(async () => {
      this.#forget();
      await this.#session.clearSession();
    });
  }

  async replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    await this.#step(async () => {
      this.#forget();
      await this.#session.replaceHistoryWithCompaction(items);
    });
  }

  async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    await this.#step(async () => {
      await this.#takeBack();
      await this.#session.applyHistoryMutations(args);
    });
  }

  async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    await this.#step(async () => {
      await this.#takeBack();
      await this.#session.applyHistoryTransaction(args);
    });
  }

  /** Makes these the items at the end that the runner has not stored. */
  async #become(items: readonly AgentInputItem[]): Promise<void> {
    const length = commonLength(this.#ahead, items);
    if (length < this.#ahead.length || length < items.length)
      await this.#session.replaceEnd(this.#ahead.slice(length), items.slice(length));
    this.#ahead = items;
  }

  /** The runner changes what stands before the recorded items: it stores those itself in the end. */
  async #takeBack(): Promise<void> {
    const ahead = this.#ahead;
    this.#forget();
    if (ahead.length > 0) await this.#session.replaceEnd(ahead, []);
  }

  #forget(): void {
    this.#isOver = true;
    this.#ahead = [];
  }

  #step<T>(action: () => Promise<T>): Promise<T> {
    const step = this.#queue.then(action);
    this.#queue = step;
    return step;
  }
}

/** As the runner stores an item: a call and its result are known by their call id. */
function asStored(item: AgentInputItem): AgentInputItem {
  if (item.type !== "function_call" && item.type !== "function_call_result") return item;
  const { id: _id, ...stored } = item;
  return stored;
}

function commonLength(left: readonly AgentInputItem[], right: readonly AgentInputItem[]): number {
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index++) {
    if (!same(left[index], right[index])) return index;
  }
  return shorter;
}

function same(left: AgentInputItem | undefined, right: AgentInputItem | undefined): boolean {
  return (
    left !== undefined && right !== undefined && jsonEquals(messageFromItem(left), messageFromItem(right))
  );
}
