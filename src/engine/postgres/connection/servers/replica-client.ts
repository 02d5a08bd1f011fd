import type Pg from "pg";
import { NotSentError, type PostgresClient, type QueryOptions, type QueryResult } from "../../client.ts";
import { nameOf, parseAddress, type ConnectOptions, type Host } from "./address.ts";
import { REPLICA_FENCE } from "./fence.ts";
import { PgConnection } from "../drivers/pg-connection.ts";
import { Pool } from "../drivers/pool.ts";
import { Timeline } from "./timeline.ts";

/**
 * The client for standbys. It stays with one of the URL's hosts until that cannot be connected to: a session that is read
 * in several statements is read from one server.
 */
export class ReplicaClient implements PostgresClient {
  readonly #pool: Pool;
  readonly #connectTimeout: number;
  readonly #hosts: readonly Host[];
  #current = 0;
  // A standby may follow an old primary; that is one of the ways to be behind.
  readonly #timeline = new Timeline();

  /** @throws {InvalidArgumentError} for a URL that is none. */
  constructor(pg: typeof Pg, { url, connections, prepare, connectTimeout }: ConnectOptions) {
    const address = parseAddress(url);
    this.#hosts = address.hosts;
    this.#connectTimeout = connectTimeout;
    this.#pool = new Pool(
      connections,
      () => Promise.resolve(new PgConnection(pg, address, this.#host(), prepare)),
      (connection) => this.#open(connection),
    );
  }

  async query(
    text: string,
    params: readonly (string | null)[],
    { until }: QueryOptions = {},
  ): Promise<QueryResult> {
    const connection = await this.#acquire(until);
    try {
      return await connection.run(this.#timeline, { text, params, until, fence: REPLICA_FENCE });
    } finally {
      this.#pool.release(connection);
    }
  }

  script(): Promise<void> {
    return Promise.reject(new NotSentError("a standby takes no script"));
  }

  close(): Promise<void> {
    this.#pool.close();
    return Promise.resolve();
  }

  /** A connection to the first host, from the current one on, that can be connected to. */
  async #acquire(until: number | undefined): Promise<PgConnection> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#pool.acquire(until);
      } catch (error) {
        if (tries >= this.#hosts.length) throw error;
      }
    }
  }

  #host(): Host {
    const host = this.#hosts[this.#current % this.#hosts.length];
    if (host === undefined) throw new NotSentError("the URL names no host");
    return host;
  }

  async #open(connection: PgConnection): Promise<void> {
    try {
      await connection.open(performance.now() + this.#connectTimeout);
      // What reads from it is not to be a load on a primary; and one that was the primary once is behind for ever.
      if (connection.state.isStandby) return;
      const error = new NotSentError(`${nameOf(connection.host)}: it is no standby`);
      connection.destroy(error);
      throw error;
    } catch (error) {
      if (connection.host === this.#host()) this.#current++;
      throw error;
    }
  }
}
