import { SessionStoreError, type SessionId, type SessionStore } from "../../../src/index.ts";
import { Violation, type History } from "./history.ts";
import type { Random } from "./random.ts";
import { isRefusal } from "./refusal.ts";
import type { Apply, Attempt, Kind } from "./session-model.ts";

/** What a client works with. */
export interface Workplace {
  readonly name: string;
  readonly owner: { readonly alive: boolean };
  readonly history: History;
  readonly random: Random;
  readonly isDurable: boolean;
  /** Calls may fail. */
  readonly mayFail: boolean;
  /** Sessions are removed and restored too; that needs locks which work. */
  readonly mayRemove: boolean;
  store: SessionStore;
  readonly openStore: () => SessionStore;
  readonly log: ((line: string) => void) | undefined;
  /** Waits for the scheduler. */
  readonly turn: () => Promise<void>;
  /** Whether the power is still on. */
  readonly isOn: () => boolean;
}

/** Calls of the store, and what the model learns from their outcome. */
export class Calls {
  readonly #place: Workplace;

  constructor(place: Workplace) {
    this.#place = place;
  }

  begin(
    id: SessionId,
    kind: Kind,
    note: string,
    needs: Attempt["needs"],
    apply: Apply,
    cutShort?: Apply,
  ): Attempt {
    const { owner, history, name, log } = this.#place;
    if (kind !== "append") log?.(`${name}: ${note} (${id.slice(-2)})`);
    return history.model(id).begin({ owner, kind, note, needs, apply, cutShort, started: history.now() });
  }

  /** Runs what was begun and notes its outcome. */
  async attempt(
    id: SessionId,
    attempt: Attempt,
    work: () => Promise<number | boolean>,
    isRepetition = false,
  ): Promise<void> {
    const { history, isDurable, name, log } = this.#place;
    const model = history.model(id);
    try {
      const result = await work();
      await this.orBlocked();
      log?.(`${name}: ${attempt.note} → ${String(result)}`);
      if (result === false) {
        const { live, trash } = model.base;
        const wrong =
          attempt.kind === "restore" ? live === undefined && trash.length > 0 : live !== undefined;
        if (model.attempts.length === 1 && wrong)
          throw new Violation(`${attempt.note} finds nothing of ${id}`);
        model.refuse(attempt, history.now());
        return;
      }
      const revision = typeof result === "number" ? result : undefined;
      const durable = isDurable || revision === undefined;
      const contradiction = model.acknowledge(attempt, history.now(), revision, durable);
      if (contradiction !== undefined) throw new Violation(contradiction);
    } catch (error) {
      await this.orBlocked();
      if (error instanceof Violation) throw error;
      log?.(`${name}: ${attempt.note} fails: ${(error as Error).message}`);
      // What is said of a repetition says nothing of the first time; and a trash may have been emptied in part.
      const isRefused = isRefusal(error, this.#place.mayFail) && !isRepetition && attempt.kind !== "empty";
      if (isRefused) model.refuse(attempt, history.now());
      else attempt.outcome = "unknown";
    }
  }

  /** The result; `undefined` when the call was refused. */
  async orRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      await this.orBlocked();
      return result;
    } catch (error) {
      await this.orBlocked();
      if (error instanceof Violation) throw error;
      isRefusal(error, this.#place.mayFail);
      return undefined;
    }
  }

  /** Waits for a store to close, which may fail where calls fail. */
  async close(store: SessionStore): Promise<void> {
    const { history } = this.#place;
    history.leases.closing(store, history.now());
    try {
      await store.close();
    } catch (error) {
      if (!this.#place.mayFail || !(error instanceof SessionStoreError)) {
        await this.orBlocked();
        throw new Violation(`close fails: ${(error as Error).stack ?? ""}`);
      }
    }
    await this.orBlocked();
  }

  /** What a process learns after its death, nobody gets to know. */
  async orBlocked(): Promise<void> {
    if (!this.#place.owner.alive || !this.#place.isOn()) await new Promise(() => undefined);
  }
}
