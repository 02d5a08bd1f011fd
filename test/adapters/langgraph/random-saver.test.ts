import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  DeltaSnapshot,
  emptyCheckpoint,
  ERROR,
  RESUME,
  type Checkpoint,
} from "@langchain/langgraph-checkpoint";
import { INTERRUPT } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { seededRandom } from "../../../src/demo/random.ts";
import { describeOnEachEngine, type Place } from "../each-engine.ts";
import { BesideMemorySaver } from "./beside-memory-saver.ts";
import { listed, nextId, threadConfig } from "./samples.ts";

const STEPS = 600;
const CHANNELS = ["messages", "list", "n", "any", "ä b\n", "branch:to:a"];
const SPECIAL = [ERROR, INTERRUPT, RESUME];

/** A thread as its caller knows it: the checkpoints that were put, with what they hold. */
interface Known {
  readonly config: RunnableConfig;
  readonly checkpoint: Checkpoint;
  readonly parent: RunnableConfig;
}

class RandomCalls {
  readonly #random: () => number;
  readonly #place: Place;
  readonly saver: BesideMemorySaver;
  readonly #known = new Map<string, Known[]>();
  #counter = 0;

  constructor(seed: number, place: Place) {
    this.#random = seededRandom(seed);
    this.#place = place;
    this.saver = new BesideMemorySaver(new AstridSaver(place.open()));
  }

  async step(): Promise<void> {
    const thread = this.#one(["t", "../x y", "0b0f0f6c-0000-4000-8000-000000000001"]);
    const ns = this.#one(["", "", "sub:1"]);
    const at = (this.#known.get(thread + ns) ?? []).filter(
      (known) => known.config.configurable?.["checkpoint_ns"] === ns,
    );
    const some = at.length === 0 ? undefined : this.#one(at);
    const kind = this.#random();
    if (kind < 0.05) await this.#delete(thread);
    else if (kind < 0.08) this.saver.own = new AstridSaver(this.#place.open());
    else if (some === undefined || kind < 0.5)
      await this.#put(thread, ns, this.#random() < 0.7 ? at.at(-1) : some);
    else if (kind < 0.58) await this.#putAgain(some);
    else await this.#putWrites(some);
    await this.saver.getTuple(threadConfig(thread, ns));
    if (this.#random() < 0.1) await listed(this.saver, threadConfig(thread, ns));
    if (some !== undefined) await this.saver.getTuple(some.config);
  }

  async listings(): Promise<void> {
    for (const options of [
      { limit: 2 },
      { filter: { step: 3 } },
      { filter: { source: "loop", step: 5 } },
      { before: [...this.#known.values()].flat().at(0)?.config ?? {} },
    ]) {
      for await (const _ of this.saver.list(threadConfig("t"), options));
    }
  }

  async #delete(thread: string): Promise<void> {
    await this.saver.deleteThread(thread);
    for (const key of [...this.#known.keys()]) if (key.startsWith(thread)) this.#known.delete(key);
    // Its writes do not come back with a checkpoint of the same id either.
    for (const ns of ["", "sub:1"])
      expect(await this.saver.getTuple(threadConfig(thread, ns))).toBeUndefined();
  }

  async #put(thread: string, ns: string, parent: Known | undefined): Promise<void> {
    const values = { ...parent?.checkpoint.channel_values };
    const versions = { ...parent?.checkpoint.channel_versions };
    const changed: Record<string, number> = {};
    for (const channel of CHANNELS) {
      const kind = this.#random();
      if (kind < 0.4) continue;
      const before = Object.hasOwn(values, channel) ? values[channel] : undefined;
      if (kind < 0.45) Reflect.deleteProperty(values, channel);
      else values[channel] = this.#value(channel, before);
      // A value that nobody counts versions of.
      if (kind > 0.96) Reflect.deleteProperty(versions, channel);
      else {
        versions[channel] = this.#counter += 1;
        changed[channel] = this.#counter;
      }
    }
    const checkpoint = {
      ...emptyCheckpoint(),
      id: nextId(),
      channel_values: values,
      channel_versions: versions,
    };
    await this.#store(
      { config: threadConfig(thread, ns), checkpoint, parent: parent?.config ?? threadConfig(thread, ns) },
      changed,
    );
  }

  /** The same checkpoint again, or another one under its id. */
  async #putAgain(known: Known): Promise<void> {
    const { channel_values: values, channel_versions: versions } = known.checkpoint;
    if (this.#random() < 0.5) await this.#store(known, versions);
    else {
      const channel = this.#one(CHANNELS);
      const changed = { ...values };
      changed[channel] = this.#value(channel, values[channel]);
      const numbered = { ...versions };
      numbered[channel] = this.#counter += 1;
      await this.#store(
        {
          ...known,
          checkpoint: { ...known.checkpoint, channel_values: changed, channel_versions: numbered },
        },
        numbered,
      );
    }
  }

  async #store({ checkpoint, parent }: Known, changed: Record<string, number | string>): Promise<void> {
    const step = Math.floor(this.#random() * 8);
    const metadata = { source: this.#one(["input", "loop"] as const), step, parents: {} };
    const config = await this.saver.put(parent, checkpoint, metadata, changed);
    const { thread_id, checkpoint_ns } = config.configurable as Record<string, string>;
    const list = this.#known.get(`${thread_id}${checkpoint_ns}`) ?? [];
    this.#known.set(`${thread_id}${checkpoint_ns}`, list);
    const index = list.findIndex((one) => one.checkpoint.id === checkpoint.id);
    list.splice(index < 0 ? list.length : index, index < 0 ? 0 : 1, { config, checkpoint, parent });
  }

  async #putWrites({ config }: Known): Promise<void> {
    const writes = Array.from({ length: this.#below(4) }, (): [string, unknown] => {
      const channel = this.#random() < 0.4 ? this.#one(SPECIAL) : this.#one(CHANNELS);
      return [channel, this.#value("any", undefined)];
    });
    await this.saver.putWrites(
      config,
      writes,
      `task ${this.#below(3)}`,
      this.#one([undefined, "~a", "~b, \u{10000}"]),
    );
  }

  #value(channel: string, before: unknown): unknown {
    if (channel === "n") return this.#below(5);
    if (channel !== "any") return this.#list(Array.isArray(before) ? before : [], channel === "messages");
    const n = this.#below(1000);
    return this.#one<() => unknown>([
      () => null,
      () => undefined,
      () => `text ${n} \u{1f600}`,
      () => ({ a: { b: [n, undefined, null, -n / 7] }, "": "" }),
      () => new Map<string, unknown>([["k", new Set([n])]]),
      () => [new Uint8Array([n % 256, 0])],
      () => [new Error(`failed ${n}`)],
      () => /x+/giu,
      () => new DeltaSnapshot([n]),
      () => [],
      () => [[n], { id: n }],
    ])();
  }

  /** Grown, cut, or changed somewhere. */
  #list(before: readonly unknown[], areMessages: boolean): unknown[] {
    const n = this.#below(1000);
    const items: (() => unknown)[] = areMessages
      ? [
          () => new HumanMessage(`question ${n}`),
          () => new AIMessage({ content: "", tool_calls: [{ id: `c${n}`, name: "look", args: { n } }] }),
          () => new ToolMessage({ content: `found ${n}`, tool_call_id: `c${n}` }),
        ]
      : [() => n, () => ({ n, [`k${n}`]: [n] }), () => `item ${n}`];
    const item = this.#one(items)();
    const at = this.#below(before.length);
    return this.#one<() => unknown[]>([
      () => [...before, item],
      () => [...before, item],
      () => [...before, item, this.#one(items)()],
      () => before.slice(0, at),
      () => before.slice(at),
      () => before.toSpliced(at, 1, item),
    ])();
  }

  #one<T>(values: readonly T[]): T {
    return values[this.#below(values.length)] as T;
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

describeOnEachEngine("AstridSaver beside LangGraph's MemorySaver", (place) => {
  for (const seed of [1, 2]) {
    test(`the same calls, the same answers after each of ${STEPS} steps; seed ${seed}`, async () => {
      const calls = new RandomCalls(seed, place);
      for (let step = 0; step < STEPS; step++) {
        await calls.step().catch((cause: unknown) => {
          throw new Error(`step ${step}: ${String(cause)}`, { cause });
        });
        if (step % 20 === 0) await calls.listings();
      }
      expect(calls.saver.operations).toBeGreaterThan(2 * STEPS);
    });
  }
});
