import type { Host } from "./address.ts";
import type { PgConnection, ServerState } from "../drivers/pg-connection.ts";

/** A server that has not answered for so long is as good as gone, in milliseconds. */
const ANSWERS_WITHIN = 2000;

/** Asks one server now and then what it is, on a connection of its own. */
export class Sentinel {
  readonly host: Host;
  /** It did not answer when it was asked last: nobody waits for it. */
  isSilent = false;
  /** When it answered last, by `performance.now()`. */
  answeredAt = performance.now();
  readonly #make: () => PgConnection;
  #connection: PgConnection | undefined;
  #asking: Promise<ServerState> | undefined;

  constructor(host: Host, make: () => PgConnection) {
    this.host = host;
    this.#make = make;
  }

  /** What the server says now; one question at a time, for whoever asks. */
  ask(): Promise<ServerState> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  close(): void {
    this.#connection?.destroy(new Error("the client was closed"));
  }

  async #ask(): Promise<ServerState> {
    try {
      const state = await this.#answer();
      this.isSilent = false;
      this.answeredAt = performance.now();
      return state;
    } catch (error) {
      this.isSilent = true;
      this.close();
      throw error;
    }
  }

  async #answer(): Promise<ServerState> {
    const until = performance.now() + ANSWERS_WITHIN;
    const kept = this.#connection;
    if (kept?.isOpen !== true) return await this.#reopened(until);
    const late = setTimeout(() => kept.destroy(new Error("no answer")), ANSWERS_WITHIN);
    try {
      return await kept.ask();
    } catch (error) {
      // A server that was restarted closed the connection; one that is silent is silent still.
      if (performance.now() >= until) throw error;
      return await this.#reopened(until);
    } finally {
      clearTimeout(late);
    }
  }

  async #reopened(until: number): Promise<ServerState> {
    this.#connection = this.#make();
    await this.#connection.open(until);
    return this.#connection.state;
  }
}
