/// <reference lib="esnext.disposable" preserve="true" />
import type { EngineReport, StorageEngine } from "../engine/contract.ts";
import { Iterations } from "../engine/iterations.ts";
import { NotSupportedError, StoreClosedError } from "../session/errors/errors.ts";
import { engineFor } from "./engine-for.ts";
import { StoreEmitter } from "./store-events.ts";
import type { SessionStoreOptions } from "./store-options.ts";

/** A store's engine, its events and its end. */
export class StoreBase extends StoreEmitter {
  readonly engine: StorageEngine;
  /** @internal */
  protected readonly iterations = new Iterations();
  readonly #closesEngine: boolean;
  readonly #unsubscribe: (() => void)[] = [];
  /** Commits that the engine has not answered yet. */
  readonly #underWay = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  /**
   * @param location a directory, `memory:`, or an engine. Nothing is touched until the first save. `open` takes a
   *   PostgreSQL URL as well. An engine is closed by whoever made it, unless `closeEngine` says otherwise.
   */
  constructor(location: string | StorageEngine, options: SessionStoreOptions = {}) {
    super();
    this.engine = typeof location === "string" ? engineFor(location) : location;
    this.#closesEngine = options.closeEngine ?? typeof location === "string";
    const { logger } = options;
    if (logger !== undefined) {
      const log = ({ sessionId, message }: EngineReport): void =>
        logger.warn(`astrid-sessions: session ${sessionId}: ${message}`);
      this.#unsubscribe.push(this.engine.subscribe({ report: log }));
    }
    this.#unsubscribe.push(
      this.engine.subscribe({
        report: (report) => this.emit("report", report),
        progress: (progress) => this.emit("progress", progress),
      }),
    );
  }

  /** Where the sessions are, for a person. */
  get location(): string {
    return this.engine.location;
  }

  /**
   * Waits for the commits that are under way and lets go of everything. Watching ends; reading that is under way, and
   * every later call, rejects with `STORE_CLOSED`. An engine that the store made, or was told to close, is closed: it
   * writes checkpoints where they are worth it and lets go of all files. An engine that was handed in stays open for its
   * owner.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const ended = await Promise.allSettled([
      this.iterations.close(),
      this.#closesEngine ? this.engine.close() : Promise.allSettled(this.#underWay),
    ]);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Keeps `close` waiting until a commit is answered. @internal */
  protected async untilAnswered<T>(committing: Promise<T>): Promise<T> {
    this.#underWay.add(committing);
    try {
      return await committing;
    } finally {
      this.#underWay.delete(committing);
    }
  }

  /** @internal */
  protected assertOpen(): void {
    if (this.#closed !== undefined) throw new StoreClosedError();
  }

  /** @internal */
  protected unsupported(what: string): never {
    throw new NotSupportedError(what, this.engine.name);
  }
}
