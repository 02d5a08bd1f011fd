import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import type { Durability } from "../../../src/engine/contract.ts";
import type { PostgresEngine } from "../../../src/engine/postgres/postgres-engine.ts";
import type { PostgresMetrics } from "../../../src/postgres.ts";
import { SessionStoreError } from "../../../src/session/errors/errors.ts";
import { Message } from "../../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../../src/session/session-id.ts";

const CALLS = "astrid-sessions:postgres:call";

/** What one writer was told. */
interface Log {
  readonly id: SessionId;
  readonly name: string;
  /** So many messages were sent. */
  sent: number;
  /** So many messages were acknowledged, and must be there. */
  acknowledged: number;
}

export interface CrewOptions {
  /** Engines that share a store, each used by all kinds of calls at once. */
  readonly engines: readonly PostgresEngine[];
  readonly patience: number;
  readonly writers?: number;
  readonly durability?: Durability;
  readonly searches?: boolean;
}

/** How much longer than its patience a call may take, in milliseconds. */
const GRACE = 500;

/**
 * Writers, readers, watchers and searchers, all at once, on sessions of which it is known what they must hold. Each
 * answer is compared with what was acknowledged before the question was asked.
 */
export class Crew {
  /** Answers that are not what they must be: foreign, wrong, or older than what was acknowledged. */
  readonly wrong: string[] = [];
  readonly failures = new Map<string, number>();
  /** The last error of each code. */
  readonly #errors = new Map<string, unknown>();
  reads = 0;
  readonly #options: CrewOptions;
  readonly #logs: Log[];
  readonly #calls: { readonly what: string; readonly took: number }[] = [];
  readonly #delay = monitorEventLoopDelay({ resolution: 5 });
  #running: Promise<unknown>[] = [];
  #isStopping = false;
  readonly #abort = new AbortController();
  readonly #seen = new Set<SessionId>();

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#logs = Array.from({ length: options.writers ?? 6 }, (_, n) => ({
      id: newSessionId(),
      name: `w${n}x${Math.random().toString(36).slice(2, 8)}`,
      sent: 0,
      acknowledged: 0,
    }));
  }

  /**
   * Calls that took longer than their patience and half a second. What this process itself was held up does not count;
   * how long that was is known for certain only afterwards, since timers that are due at once go in any order.
   */
  get late(): string[] {
    const heldUp = this.#delay.max / 1e6;
    return this.#calls
      .filter(({ took }) => took > this.#options.patience + GRACE + heldUp)
      .map(
        ({ what, took }) =>
          `${what} took ${Math.round(took)} ms, held up by at most ${Math.round(heldUp)} ms`,
      );
  }

  get acknowledged(): number {
    return this.#logs.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  /** So many calls have failed. */
  get failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Begins, and resolves when all writers have written. */
  async start(): Promise<void> {
    this.#delay.enable();
    subscribe(CALLS, this.#heard);
    const engineOf = (n: number): PostgresEngine =>
      this.#options.engines[n % this.#options.engines.length] as PostgresEngine;
    await Promise.all(this.#logs.map(({ id }, n) => engineOf(n).commit(id, { base: 0 })));
    this.#running = [
      ...this.#logs.map((log, n) => this.#write(engineOf(n), log)),
      ...this.#logs.map((log, n) => this.#read(engineOf(n + 1), log)),
      ...this.#options.engines.map((engine) => this.#watch(engine)),
      ...(this.#options.searches === false ? [] : [this.#search(engineOf(0)), this.#search(engineOf(1))]),
    ];
    await this.progress(1);
  }

  /**
   * Waits until every writer was acknowledged so many more of what it sends from now on: the answer to what it has sent
   * already may be there, unread. @returns how long it took until the first one, in ms.
   */
  async progress(more: number, within = 30_000): Promise<number> {
    const before = this.#logs.map(({ sent }) => sent);
    const began = performance.now();
    let first: number | undefined;
    while (this.#logs.some(({ acknowledged }, n) => acknowledged < (before[n] ?? 0) + more)) {
      if (this.#logs.some(({ acknowledged }, n) => acknowledged > (before[n] ?? 0)))
        first ??= performance.now();
      if (performance.now() - began > within) throw new Error(`no progress: ${this.summary()}`);
      await sleep(5);
    }
    return (first ?? performance.now()) - began;
  }

  /** Waits until something is so. */
  async until(isSo: () => boolean, within = 120_000): Promise<void> {
    const began = performance.now();
    while (!isSo()) {
      if (performance.now() - began > within) throw new Error(`waited in vain: ${this.summary()}`);
      await sleep(5);
    }
  }

  /** Ends everything, and holds what is stored against what was acknowledged. */
  async stop(reader: PostgresEngine): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#running.slice(0, this.#logs.length));
    for (const log of this.#logs) await this.#check(reader, log, "at the end");
    this.#abort.abort();
    await Promise.all(this.#running);
    this.#delay.disable();
    unsubscribe(CALLS, this.#heard);
    for (const id of this.#seen) {
      if (!this.#logs.some((log) => log.id === id))
        this.wrong.push(`a watcher was told of ${id}, which nobody wrote`);
    }
    for (const engine of this.#options.engines) await engine.close();
  }

  /** Ends it without a look at what is stored. */
  abandon(): void {
    this.#isStopping = true;
    this.#abort.abort();
    unsubscribe(CALLS, this.#heard);
  }

  summary(): string {
    const failures = [...this.failures].map(([code, count]) => `${count} ${code}`).join(", ");
    return `${this.acknowledged} acknowledged, ${this.reads} answers compared, ${this.wrong.length} wrong, ${this.late.length} late; failed: ${failures || "none"}${this.wrong.length > 0 ? `; ${this.wrong.slice(0, 8).join("; ")}` : ""}`;
  }

  assertRight(what: string): void {
    console.log(`${what}: ${this.summary()}`);
    assert.deepEqual(this.wrong.slice(0, 5), []);
    assert.deepEqual(this.late.slice(0, 5), []);
    assert.ok(this.acknowledged > 0 && this.reads > 0);
    for (const code of [
      "STORAGE_FAILED",
      "SESSION_NOT_FOUND",
      "CORRUPT_SESSION",
      "CONFLICT",
      "OPERATION_MISMATCH",
    ]) {
      const told = `${this.summary()}; ${inspect(this.#errors.get(code), { depth: 4 })}`;
      assert.equal(this.failures.get(code), undefined, told);
    }
  }

  async #write(engine: PostgresEngine, log: Log): Promise<void> {
    const { durability } = this.#options;
    while (!this.#isStopping) {
      const number = log.acknowledged + 1;
      log.sent = number;
      const splice = ["end", 0, [Message.user(`${log.name} ${number}`)]] as const;
      const committed = await this.#call("commit", () =>
        engine.commit(log.id, { operationId: `${log.name}-${number}`, splice }, durability),
      );
      if (committed === undefined) continue;
      if (committed.messageCount !== number) {
        this.wrong.push(`commit ${number} of ${log.name} was told ${committed.messageCount} messages`);
        return;
      }
      log.acknowledged = number;
      // The machine is shared with the servers and with others: a storm of writers shows no more than a stream.
      await sleep(2);
    }
  }

  async #read(engine: PostgresEngine, log: Log): Promise<void> {
    for (let n = 0; !this.#abort.signal.aborted; n++) {
      if (n % 3 === 2) {
        const least = log.acknowledged;
        const found = await this.#call("summary", async () => ({ summary: await engine.summary(log.id) }));
        const count = found?.summary?.messageCount ?? -1;
        if (found !== undefined && !(found.summary?.id === log.id && count >= least)) {
          this.wrong.push(`the summary of ${log.name} has ${count} messages, not ${least}`);
        }
        if (found !== undefined) this.reads++;
      } else await this.#check(engine, log, "a read");
      await sleep(5);
    }
  }

  async #check(engine: PostgresEngine, log: Log, what: string): Promise<void> {
    const least = log.acknowledged;
    const found = await this.#call("read", async () => ({ session: await engine.read(log.id) }));
    if (found === undefined) return;
    this.reads++;
    const contents = found.session?.messages.map(({ content }) => content) ?? [];
    const foreign = contents.findIndex((content, n) => content !== `${log.name} ${n + 1}`);
    if (foreign >= 0)
      this.wrong.push(
        `${what}: message ${foreign + 1} of ${log.name} is ${JSON.stringify(contents[foreign])}`,
      );
    if (contents.length < least)
      this.wrong.push(`${what}: ${contents.length} of ${least} messages of ${log.name}`);
  }

  async #search(engine: PostgresEngine): Promise<void> {
    for (let n = 0; !this.#abort.signal.aborted; n++) {
      const log = this.#logs[n % this.#logs.length] as Log;
      const least = log.acknowledged;
      const hits = await this.#call("search", () => engine.search({ text: log.name, limit: 5 }));
      if (hits !== undefined) {
        this.reads++;
        if (hits.some(({ id }) => id !== log.id))
          this.wrong.push(`a search for ${log.name} found another session`);
        if (hits.length === 0 && least > 0) this.wrong.push(`a search for ${log.name} found nothing`);
      }
      await sleep(100);
    }
  }

  async #watch(engine: PostgresEngine): Promise<void> {
    for await (const id of engine.changes(this.#abort.signal)) if (id !== undefined) this.#seen.add(id);
  }

  readonly #heard = (event: unknown): void => {
    const { what, milliseconds, tries, code = "answered" } = event as PostgresMetrics["call"];
    if (!this.#isStopping) this.#punctual(`${what} (${tries} tries, ${code})`, milliseconds);
  };

  #punctual(what: string, took: number): void {
    if (took > this.#options.patience + GRACE) this.#calls.push({ what, took });
  }

  /** @returns `undefined` when it failed. */
  async #call<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const began = performance.now();
    try {
      return await work();
    } catch (error) {
      const code = error instanceof SessionStoreError ? error.code : String(error);
      this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
      this.#errors.set(code, error);
      if (process.env["ASTRID_TEST_VERBOSE"] !== undefined) console.log(what, String(error));
      await sleep(10);
      return undefined;
    } finally {
      const took = performance.now() - began;
      // One search is several calls of the engine; each of them is looked at below.
      if (what !== "search") this.#punctual(what, took);
    }
  }
}
