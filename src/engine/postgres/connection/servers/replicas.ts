import {
  CorruptSessionError,
  InvalidArgumentError,
  StoreClosedError,
} from "../../../../session/errors/errors.ts";
import type { Connection } from "../connection.ts";
import { publish } from "../metrics.ts";

/** So long no standby is asked after one did not answer, in milliseconds. */
const AVOIDED = 5000;

/** Reads that may be behind, by a standby while one answers, else by the primary. */
export class Replicas {
  readonly #standbys: Connection;
  readonly #primary: Connection;
  #avoidedUntil = -Infinity;

  constructor(standbys: Connection, primary: Connection) {
    this.#standbys = standbys;
    this.#primary = primary;
  }

  async read<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (performance.now() < this.#avoidedUntil) return await work(this.#primary);
    try {
      return await work(this.#standbys);
    } catch (error) {
      if (error instanceof InvalidArgumentError || error instanceof StoreClosedError) throw error;
      publish("fallback", () => ({ error }));
      // Two statements may see two moments, of which the later one is on a server that is further behind.
      if (!(error instanceof CorruptSessionError)) this.#avoidedUntil = performance.now() + AVOIDED;
      return await work(this.#primary);
    }
  }

  close(): Promise<void> {
    return this.#standbys.close();
  }
}
