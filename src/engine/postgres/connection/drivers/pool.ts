import { NotSentError } from "../../client.ts";
import { nameOf } from "../servers/address.ts";
import { at } from "../deadlines.ts";
import { publish } from "../metrics.ts";
import type { PgConnection } from "./pg-connection.ts";

interface Waiter {
  readonly resolve: (connection: PgConnection) => void;
  readonly reject: (error: Error) => void;
}

/** Connections, so many at most; who waits longest is served first. */
export class Pool {
  readonly #most: number;
  readonly #make: () => Promise<PgConnection>;
  readonly #open: (connection: PgConnection) => Promise<void>;
  readonly #all = new Set<PgConnection>();
  #idle: PgConnection[] = [];
  #waiters: Waiter[] = [];
  #opening = 0;
  /** Of those, the ones of which it is not yet known where they should lead. */
  #making = 0;
  #isClosed = false;

  /** @param make a connection to where it should lead now. @param open opens it, and sees whether it leads there. */
  constructor(
    most: number,
    make: () => Promise<PgConnection>,
    open: (connection: PgConnection) => Promise<void>,
  ) {
    this.#most = most;
    this.#make = make;
    this.#open = open;
  }

  get connections(): ReadonlySet<PgConnection> {
    return this.#all;
  }

  /** @param until by `performance.now()`. @throws {NotSentError} or what keeps it from connecting. */
  async acquire(until: number | undefined): Promise<PgConnection> {
    if (this.#isClosed) throw new NotSentError("the client is closed");
    const idle = this.#takeIdle();
    if (idle !== undefined) return idle;
    const began = performance.now();
    let served = false;
    try {
      const connection = await new Promise<PgConnection>((resolve, reject) => {
        const waiter: Waiter = {
          resolve: (connected) => {
            stop();
            resolve(connected);
          },
          reject: (error) => {
            stop();
            reject(error);
          },
        };
        const stop = at(until, () => {
          this.#waiters = this.#waiters.filter((one) => one !== waiter);
          reject(new NotSentError());
        });
        this.#waiters.push(waiter);
        this.#openMore();
      });
      served = true;
      return connection;
    } finally {
      publish("wait", () => ({ milliseconds: performance.now() - began, served }));
    }
  }

  release(connection: PgConnection): void {
    if (!connection.isOpen) return;
    if (this.#isClosed) {
      connection.close();
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#idle.push(connection);
    else waiter.resolve(connection);
  }

  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new NotSentError("the client is closed"));
    for (const connection of [...this.#all]) {
      if (this.#idle.includes(connection)) connection.close();
      else connection.destroy(new NotSentError("the client is closed"));
    }
  }

  /** The one that was used last: the others may be closed by whoever closes those that nobody uses. */
  #takeIdle(): PgConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || connection.isOpen) return connection;
    }
  }

  #openMore(): void {
    while (this.#opening < this.#waiters.length && this.#all.size + this.#making < this.#most) {
      void this.#openOne();
    }
  }

  async #openOne(): Promise<void> {
    this.#opening++;
    this.#making++;
    let isMade = false;
    try {
      const connection = await this.#make();
      this.#making--;
      isMade = true;
      if (this.#isClosed) throw new NotSentError("the client is closed");
      this.#all.add(connection);
      connection.onClosed((reason) => this.#closed(connection, reason));
      await this.#open(connection);
      publish("opened", () => ({ host: nameOf(connection.host), connections: this.#all.size }));
      this.#opening--;
      this.release(connection);
    } catch (error) {
      if (!isMade) this.#making--;
      this.#opening--;
      // Whoever waits may try again; the others still wait for those that are being opened.
      this.#waiters.shift()?.reject(error instanceof Error ? error : new Error(String(error)));
      this.#openMore();
    }
  }

  #closed(connection: PgConnection, reason: string): void {
    this.#all.delete(connection);
    this.#idle = this.#idle.filter((one) => one !== connection);
    publish("closed", () => ({ host: nameOf(connection.host), reason, connections: this.#all.size }));
    this.#openMore();
  }
}
