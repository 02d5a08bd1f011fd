import { MemorySession, type AgentInputItem, type SessionHistoryTransaction } from "@openai/agents-core";
import { expect, test } from "vitest";
import { openaiSession, type OpenAISession } from "../../../src/adapters/openai-agents/index.ts";
import { seededRandom } from "../../../src/demo/random.ts";
import { describeOnEachEngine, type Place } from "../each-engine.ts";

const STEPS = 500;

type Call = Extract<AgentInputItem, { type: "function_call" }>;

/** The SDK's session in memory and ours, which are told the same. */
class RandomCalls {
  readonly #random: () => number;
  readonly #place: Place;
  readonly #memory = new MemorySession({ sessionId: "s" });
  #own: OpenAISession;
  #transactions: { operationId: string; transaction: SessionHistoryTransaction }[] = [];

  constructor(seed: number, place: Place) {
    this.#random = seededRandom(seed);
    this.#place = place;
    this.#own = openaiSession(place.open(), { sessionId: "s" });
  }

  async step(): Promise<void> {
    const kind = this.#random();
    if (kind < 0.02) this.#own = openaiSession(this.#place.open(), { sessionId: "s" });
    else if (kind < 0.04) {
      this.#transactions = [];
      await this.#both((session) => session.clearSession());
    } else if (kind < 0.4) {
      const items = this.#items(4);
      await this.#both((session) => session.addItems(items));
    } else if (kind < 0.6) await this.#both((session) => session.popItem());
    else if (kind < 0.75) await this.#mutate();
    else await this.#transact();
    await this.#both((session) => session.getItems());
    const limit = this.#below(6) - 1;
    await this.#both((session) => session.getItems(limit));
  }

  async #mutate(): Promise<void> {
    const mutations = Array.from({ length: this.#below(3) }, () => {
      const replacement = this.#call();
      const { callId } = this.#random() < 0.8 ? replacement : this.#call();
      return { type: "replace_function_call" as const, callId, replacement };
    });
    await this.#both((session) => session.applyHistoryMutations({ mutations }));
  }

  async #transact(): Promise<void> {
    const earlier = this.#transactions[this.#below(this.#transactions.length)];
    if (earlier !== undefined && this.#random() < 0.3) {
      await this.#both((session) => session.applyHistoryTransaction(earlier));
      return;
    }
    const items = await this.#memory.getItems();
    const expectedSuffix =
      this.#random() < 0.8 ? items.slice(Math.max(items.length - this.#below(4), 0)) : this.#items(3);
    const transaction: SessionHistoryTransaction =
      this.#random() < 0.5
        ? { type: "append_items", items: this.#items(4) }
        : { type: "replace_suffix", expectedSuffix, replacement: this.#items(3) };
    // Some under an id that another one has used.
    const operationId =
      earlier !== undefined && this.#random() < 0.2 ? earlier.operationId : `op ${this.#random()}`;
    const done = await this.#both((session) => session.applyHistoryTransaction({ operationId, transaction }));
    if (done) this.#transactions.push({ operationId, transaction });
  }

  /** The same call of both; the same answer, or both refuse. @returns whether it was done. */
  async #both(call: (session: MemorySession | OpenAISession) => Promise<unknown>): Promise<boolean> {
    const [expected, given] = await Promise.allSettled([call(this.#memory), call(this.#own)]);
    expect(given.status).toBe(expected.status);
    if (given.status === "fulfilled") expect(given).toEqual(expected);
    return given.status === "fulfilled";
  }

  #items(most: number): AgentInputItem[] {
    return Array.from({ length: this.#below(most) }, () => this.#item());
  }

  #call(): Call {
    const n = this.#below(1000);
    return { type: "function_call", callId: `c${n % 5}`, name: "look", arguments: JSON.stringify({ n }) };
  }

  #item(): AgentInputItem {
    const n = this.#below(1000);
    const forms: readonly (() => AgentInputItem)[] = [
      () => ({ role: "user", content: `text ${n} \u{1f600}` }),
      () => ({ role: "system", content: "be brief", providerData: { n: n / 7 } }),
      () => ({ type: "message", role: "user", content: [{ type: "input_text", text: `part ${n}` }] }),
      () => ({
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: `said ${n}` }],
      }),
      () => ({ type: "reasoning", id: `r${n}`, content: [{ type: "input_text", text: "hm" }] }),
      () => ({ type: "hosted_tool_call", name: "web_search", output: `found ${n}` }),
      () => ({
        type: "function_call_result",
        callId: `c${n % 5}`,
        name: "look",
        status: "completed",
        output: { type: "text", text: `found ${n}` },
      }),
      () => this.#call(),
      () => this.#call(),
    ];
    return (forms[this.#below(forms.length)] ?? this.#call).call(this);
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

describeOnEachEngine("an OpenAI Agents session beside the SDK's MemorySession", (place) => {
  for (const seed of [1, 2]) {
    test(`the same calls, the same answers after each of ${STEPS} steps; seed ${seed}`, async () => {
      const calls = new RandomCalls(seed, place);
      for (let step = 0; step < STEPS; step++) {
        await calls.step().catch((cause: unknown) => {
          throw new Error(`step ${step}: ${String(cause)}`, { cause });
        });
      }
    });
  }
});
