import fc from "fast-check";
import { expect } from "vitest";
import type { EngineReport, StorageEngine } from "../../src/engine/contract.ts";
import { AgentSession } from "../../src/session/agent-session.ts";
import { ConflictError, SessionNotFoundError } from "../../src/session/errors/errors.ts";
import { jsonEquals } from "../../src/session/json/json.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { estimateTokens } from "../../src/session/summary/tokens.ts";
import { SessionStore } from "../../src/store/session-store.ts";

/** What a session must be: the model that the engines are compared with. */
interface Expected {
  messages: Message[];
  title: string | null;
  tokenCount: number;
  revision: number;
  tag: string;
}

type Each<Do extends string, Rest> = Do extends unknown ? { do: Do } & Rest : never;

/** One random step; `on` picks one of the sessions that there ever were. */
type Step =
  | Each<
      "create" | "add" | "append" | "replace" | "appendAtOnce" | "repeat",
      { on: number; messages: Message[] }
    >
  | { do: "splice"; on: number; start: number; remove: number; messages: Message[] }
  | { do: "title"; on: number; title: string | null }
  | Each<"delete" | "recreate" | "checkpoint", { on: number }>
  | Each<"reopen" | "crash" | "look", object>;

// Every UTF-16 code unit, so that surrogates stand alone too.
const text = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0x20, max: 0x7e })), {
    maxLength: 30,
  })
  .map((units) => String.fromCharCode(...units));
const message = fc.oneof(
  { weight: 4, arbitrary: text.map((content) => Message.user(content)) },
  {
    weight: 1,
    arbitrary: fc.jsonValue({ maxDepth: 3 }).map((content) => Message.from({ role: "tool", content })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 2000 }).map((size) => Message.assistant("x".repeat(size))),
  },
);
const messages = fc.array(message, { maxLength: 5 });
const on = fc.nat({ max: 20 });
const small = fc.nat({ max: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("create"), on, messages }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("add", "append"), on, messages }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("replace"), on, messages }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("splice"), on, start: small, remove: small, messages }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("title"), on, title: fc.option(text) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("appendAtOnce", "repeat"), on, messages }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("delete", "recreate", "checkpoint"), on }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("reopen", "crash", "look") }) },
);

/** One run: a store, the sessions that its user holds, and the model. */
class Run {
  readonly #open: () => StorageEngine;
  readonly #engines: StorageEngine[] = [];
  readonly #reports: EngineReport[] = [];
  readonly #model = new Map<SessionId, Expected>();
  readonly #ids: SessionId[] = [];
  /** Sessions as they were loaded or saved last; the store may have moved on since. */
  #held = new Map<SessionId, AgentSession>();
  #store: SessionStore;

  constructor(open: () => StorageEngine) {
    this.#open = open;
    this.#store = this.#openStore();
  }

  async take(step: Step): Promise<void> {
    if (step.do === "look") return this.#checkAll();
    if (step.do === "crash" || step.do === "reopen") return this.#openAgain(step.do);
    if (step.do === "create") return this.#create(newSessionId(), step.messages);
    const id = this.#ids[step.on % this.#ids.length];
    if (id === undefined) return;
    await this.#change(id, step);
    await this.#check(id);
  }

  async end(): Promise<void> {
    await this.#checkAll();
    for (const engine of this.#engines) await engine.close();
    expect(this.#reports).toEqual([]);
  }

  #openStore(): SessionStore {
    const engine = this.#open();
    this.#engines.push(engine);
    // Only processes crash here, and without syncs there are many more runs.
    const store = new SessionStore(engine, { durability: "process", closeEngine: true });
    store.on("report", (report) => this.#reports.push(report));
    return store;
  }

  /** The process ends, in order or not, and another one begins: what it held is gone. */
  async #openAgain(how: "reopen" | "crash"): Promise<void> {
    if (!this.#store.engine.capabilities.persistent) return;
    if (how === "reopen") await this.#store.close();
    this.#store = this.#openStore();
    this.#held = new Map();
    await this.#checkAll();
  }

  async #create(id: SessionId, messages: Message[]): Promise<void> {
    const session = new AgentSession({ id, messages });
    const { revision, tag } = await this.#store.save(session);
    this.#model.set(id, {
      messages: [...messages],
      title: null,
      tokenCount: session.tokenCount,
      revision,
      tag,
    });
    if (this.#ids.includes(id)) return; // whoever holds the removed session is not told
    this.#ids.push(id);
    this.#held.set(id, session);
  }

  async #change(id: SessionId, step: Extract<Step, { on: number }>): Promise<void> {
    const expected = this.#model.get(id);
    switch (step.do) {
      case "delete":
        expect(await this.#store.delete(id)).toBe(expected !== undefined);
        this.#model.delete(id);
        return;
      case "recreate":
        if (expected !== undefined) {
          await expect(this.#store.save(new AgentSession({ id }))).rejects.toThrow(ConflictError);
          await this.#store.delete(id);
        }
        return this.#create(id, []);
      case "checkpoint":
        if (expected !== undefined) return this.#store.checkpoint(id);
        await expect(this.#store.checkpoint(id)).rejects.toThrow(SessionNotFoundError);
        return;
      case "append":
      case "appendAtOnce":
      case "repeat":
        return this.#append(id, expected, step);
      default:
        return this.#save(id, expected, step);
    }
  }

  /** Appends without the session; what its holder has is outdated then. */
  async #append(
    id: SessionId,
    expected: Expected | undefined,
    step: Extract<Step, { do: "append" | "appendAtOnce" | "repeat" }>,
  ): Promise<void> {
    if (expected === undefined) {
      await expect(this.#store.append(id, step.messages)).rejects.toThrow(SessionNotFoundError);
      return;
    }
    const operationId = step.do === "repeat" ? crypto.randomUUID() : undefined;
    const parts = step.do === "appendAtOnce" ? step.messages.map((message) => [message]) : [step.messages];
    const answers = await Promise.all(
      parts.map(async (part) => ({ part, ...(await this.#store.append(id, part, { operationId })) })),
    );
    if (operationId !== undefined) {
      const again = await this.#store.append(id, step.messages, { operationId });
      // Of nothing there is nothing to store, and nothing to repeat.
      const isRepeated = step.messages.length > 0;
      expect([again.repeated, again.revision]).toEqual([isRepeated, answers[0]?.revision]);
    }
    for (const { part, revision, tag } of answers.sort((left, right) => left.revision - right.revision)) {
      expect(revision).toBe(expected.revision + (part.length === 0 ? 0 : 1));
      Object.assign(expected, { revision, tag });
      expected.messages.push(...part);
      expected.tokenCount += part.reduce((sum, message) => sum + estimateTokens(message), 0);
    }
  }

  /** Changes the session that is held and saves it: a conflict, exactly when the store has moved on. */
  async #save(
    id: SessionId,
    expected: Expected | undefined,
    step: Extract<Step, { do: "create" | "add" | "replace" | "splice" | "title" }>,
  ): Promise<void> {
    const session = this.#held.get(id) ?? (await this.#store.load(id));
    if (session === undefined) return;
    const isCurrent = expected !== undefined && (await this.#isCurrent(session, expected));
    if (step.do === "title") session.metadata.title = step.title;
    else if (step.do === "splice") session.spliceMessages(step.start, step.remove, ...step.messages);
    else if (step.do === "replace") session.replaceMessages(step.messages);
    else for (const message of step.messages) session.addMessage(message);
    if (!isCurrent) {
      session.metadata.custom["changed"] = crypto.randomUUID(); // so that there is something to save
      await expect(this.#store.save(session)).rejects.toThrow(ConflictError);
      this.#held.delete(id);
      return;
    }
    const { revision, tag } = await this.#store.save(session);
    this.#held.set(id, session);
    expect(revision - expected.revision).toBeLessThanOrEqual(1);
    const { title } = session.metadata;
    this.#model.set(id, {
      messages: [...session.messages],
      title,
      tokenCount: session.tokenCount,
      revision,
      tag,
    });
  }

  /** Saving a session that has not changed writes nothing, and tells the revision that it is based on. */
  async #isCurrent(session: AgentSession, expected: Expected): Promise<boolean> {
    const { revision, tag, unchanged } = await this.#store.save(session);
    expect(unchanged).toBe(true);
    return revision === expected.revision && tag === expected.tag;
  }

  async #check(id: SessionId): Promise<void> {
    const expected = this.#model.get(id);
    const session = await this.#store.load(id);
    const summary = await this.#store.summary(id);
    if (expected === undefined) {
      expect([session, summary]).toEqual([undefined, undefined]);
      return;
    }
    const { messages, title, tokenCount, revision } = expected;
    expect(jsonEquals(session?.messages, messages), `messages of ${id}`).toBe(true);
    expect([session?.metadata.title, session?.tokenCount]).toEqual([title, tokenCount]);
    expect(summary).toMatchObject({ id, revision, title, tokenCount, messageCount: messages.length });
    const tail: Message[] = [];
    for await (const { message } of this.#store.messages(id, { reverse: true, limit: 3 }))
      tail.unshift(message);
    expect(jsonEquals(tail, messages.slice(-3)), `tail of ${id}`).toBe(true);
  }

  async #checkAll(): Promise<void> {
    for (const id of this.#ids) await this.#check(id);
    expect((await this.#store.list()).sort()).toEqual([...this.#model.keys()].sort());
  }
}

/**
 * Whatever is done to sessions, the store holds what a simple model of it holds: checks that on places of its own, for
 * so long. On failure fast-check prints the seed, the path, and the shortest steps that it found.
 */
export async function holds(openings: () => () => StorageEngine, milliseconds: number): Promise<void> {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 40, size: "max" }),
    async (steps) => {
      const run = new Run(openings());
      await run.take({ do: "create", on: 0, messages: [] });
      for (const next of steps) await run.take(next);
      await run.end();
    },
  );
  const bounds = { numRuns: 10_000, interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false };
  await fc.assert(property, bounds);
}
