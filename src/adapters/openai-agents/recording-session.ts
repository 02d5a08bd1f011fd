import type {
  AgentInputItem,
  Runner,
  SessionHistoryRewriteArgs,
  SessionHistoryTransactionArgs,
} from "@openai/agents-core";
import { jsonEquals } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { OpenAISession } from "./openai-session.ts";
import { messageFromItem } from "./stored-item.ts";

/**
 * A session that is ahead of its runner: it has what was recorded at its end, and shows the runner what the runner has
 * stored. When the runner stores that too, it is there already.
 */
export class RecordingSession implements OpenAISession {
  readonly #session: OpenAISession;
  readonly #isWrapped: boolean;
  /** Whether what wraps the session has cleared it: its next items take the place of all, in one commit. */
  #isCleared = false;
  /** What the run has produced, asked for when the runner stores something. */
  #produced: () => readonly AgentInputItem[] = () => [];
  /** The run's input, as it was recorded. */
  #input: readonly AgentInputItem[] = [];
  /** How many of the run's items the runner has stored: input first, then what the run produced. */
  #confirmed = 0;
  /** Stored at the end, but not by the runner. */
  #ahead: readonly AgentInputItem[] = [];
  #isOver = false;
  /** One step after the other; what failed without anybody waiting for it fails the next step. */
  #queue: Promise<unknown> = Promise.resolve();

  /** @param options.isWrapped whether the runner sees a session of its own around this one, such as a compaction. */
  constructor(session: OpenAISession, options: { readonly isWrapped: boolean }) {
    this.#session = session;
    this.#isWrapped = options.isWrapped;
  }

  get id(): SessionId {
    return this.#session.id;
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

  /** When the runner stores something of a streamed run, what the run has produced is recorded behind it. */
  whenAdded(produced: () => readonly AgentInputItem[]): void {
    this.#produced = produced;
  }

  /** Records what a run that failed had produced; nothing where that is not all that was recorded, and more. */
  async recordLast(items: readonly AgentInputItem[]): Promise<void> {
    await this.#step(() => this.#extend(items));
  }

  /** Takes back what the runner has not stored. */
  async takeBack(): Promise<void> {
    await this.#step(() => this.#takeBack());
  }

  /** What is recorded stays, and is shown. */
  async end(): Promise<void> {
    await this.#step(async () => {
      this.#forget();
      await this.#clear();
    });
  }

  /**
   * Records each call of a tool when the tool starts.
   * @param isOwn whether what the runner tells of happens within this run, or a run that one of its tools makes.
   * @returns what ends that.
   */
  listenTo(runner: Runner, isOwn: () => boolean): () => void {
    // The run itself is the first that is told of; runs within it have contexts of their own.
    let own: unknown;
    const isOfRun = (context: unknown): boolean => {
      if (!isOwn()) return false;
      own ??= context;
      return own === context;
    };
    const note = (context: unknown): void => void isOfRun(context);
    const record = (context: unknown, _agent: unknown, _tool: unknown, details: unknown): void => {
      if (!isOfRun(context)) return;
      const { toolCall } = details as { readonly toolCall: AgentInputItem };
      const call = asStored(toolCall);
      const recorded = this.#step(async () => {
        if (!this.#isOver && !this.#ahead.some((item) => same(item, call)))
          await this.#become([...this.#ahead, call]);
      });
      // Whoever takes the next step is told.
      recorded.catch(() => undefined);
    };
    runner.on("agent_start", note);
    runner.on("agent_tool_start", record);
    return () => {
      runner.off("agent_start", note);
      runner.off("agent_tool_start", record);
    };
  }

  getSessionId(): Promise<string> {
    return this.#session.getSessionId();
  }

  async getItems(limit?: number): Promise<AgentInputItem[]> {
    return await this.#step(async () => {
      if (this.#isCleared) return [];
      const { length } = this.#ahead;
      if (limit === undefined) return (await this.#session.getItems()).slice(0, -length || undefined);
      if (!(limit > 0)) return [];
      return (await this.#session.getItems(limit + length)).slice(0, -length || undefined);
    });
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    await this.#step(async () => {
      if (this.#isCleared) {
        await this.#session.replaceHistoryWithCompaction([...items]);
        this.#isCleared = false;
        return;
      }
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
      await this.#extend(this.#produced());
    });
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    return await this.#step(async () => {
      await this.#takeBack();
      await this.#clear();
      return await this.#session.popItem();
    });
  }

  async clearSession(): Promise<void> {
    await this.#step(async () => {
      this.#forget();
      this.#isCleared = true;
      if (!this.#isWrapped) await this.#clear();
    });
  }

  async replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void> {
    await this.#step(async () => {
      this.#forget();
      await this.#session.replaceHistoryWithCompaction(items);
      this.#isCleared = false;
    });
  }

  async replaceEnd(expected: readonly AgentInputItem[], items: readonly AgentInputItem[]): Promise<void> {
    await this.#step(async () => {
      await this.#takeBack();
      await this.#clear();
      await this.#session.replaceEnd(expected, items);
    });
  }

  async applyHistoryMutations(args: SessionHistoryRewriteArgs): Promise<void> {
    await this.#step(async () => {
      await this.#takeBack();
      await this.#clear();
      await this.#session.applyHistoryMutations(args);
    });
  }

  async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    await this.#step(async () => {
      await this.#takeBack();
      await this.#clear();
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

  async #extend(produced: readonly AgentInputItem[]): Promise<void> {
    if (this.#isOver) return;
    const items = [...this.#input, ...produced.map(asStored)].slice(this.#confirmed);
    if (isWithin(this.#ahead, items)) await this.#become(items);
  }

  async #clear(): Promise<void> {
    if (!this.#isCleared) return;
    await this.#session.clearSession();
    this.#isCleared = false;
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

/** Whether all of these are among those, in the same order. */
function isWithin(items: readonly AgentInputItem[], all: readonly AgentInputItem[]): boolean {
  let found = 0;
  for (const item of all) if (found < items.length && same(items[found], item)) found++;
  return found === items.length;
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
