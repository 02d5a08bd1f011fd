import type Pg from "pg";
import type { PostgresClient, QueryOptions, QueryResult } from "../../client.ts";
import { quoted } from "../../statement.ts";
import { parseAddress, type ConnectOptions, type Host } from "../servers/address.ts";
import { ConnectionLostError } from "../failure.ts";
import { Lanes } from "./lanes.ts";
import { publish } from "../metrics.ts";
import { PgConnection } from "./pg-connection.ts";
import { Pool } from "./pool.ts";
import { Primary } from "../servers/primary.ts";
import { Timeline } from "../servers/timeline.ts";

/** Connections that have waited so long for an answer are looked after, so often, in milliseconds. */
const SUSPICIOUS_AFTER = 500;
/** A script may take as long as it takes, but not longer than this after the server's last sign of life. */
const SILENT_FOR = 10_000;
const RELISTEN_AFTER = 1000;

/** The client for a URL: `pg` for the connections, and everything about which server, and what to trust, here. */
export class PgClient implements PostgresClient {
  readonly #pool: Pool;
  readonly #primary: Primary;
  readonly #timeline: Timeline;
  readonly #make: (host: Host) => PgConnection;
  readonly #lanes = new Lanes();
  readonly #listening = new Set<PgConnection>();
  readonly #connectTimeout: number;
  #watch: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @throws {InvalidArgumentError} for a URL that is none. */
  constructor(pg: typeof Pg, options: ConnectOptions, timeline = new Timeline()) {
    const { url, connections, prepare } = options;
    const address = parseAddress(url);
    this.#connectTimeout = options.connectTimeout;
    this.#timeline = timeline;
    this.#make = (host) => new PgConnection(pg, address, host, prepare);
    this.#primary = new Primary(address.hosts, timeline, this.#make);
    this.#pool = new Pool(
      connections,
      async () => this.#make(await this.#primary.host(undefined)),
      (connection) => this.#open(connection),
    );
    timeline.onNewer(() => {
      publish("promoted", () => ({ timeline: timeline.newest }));
      this.#dropOld();
    });
  }

  query(text: string, params: readonly (string | null)[], options: QueryOptions = {}): Promise<QueryResult> {
    const { until, lane } = options;
    return this.#lanes.run(lane, until, () =>
      this.#with(until, (connection) => connection.run(this.#timeline, { text, params, until })),
    );
  }

  script(text: string): Promise<void> {
    return this.#with(undefined, (connection) => connection.script(text));
  }

  alone(text: string): Promise<void> {
    // The simple protocol makes a transaction of what it is sent at once, and lets a single statement do without.
    return this.script(text);
  }

  async listen(channel: string, listener: (payload: string) => void): Promise<() => Promise<void>> {
    let isWanted = true;
    let current: PgConnection | undefined;
    let timer: NodeJS.Timeout | undefined;
    // Notifications are a hint: what was missed meanwhile is found by looking.
    const later = (): void => {
      clearTimeout(timer);
      if (isWanted && !this.#isClosed) timer = setTimeout(() => void listen(), RELISTEN_AFTER).unref();
    };
    const listen = async (): Promise<void> => {
      try {
        const connection = this.#make(await this.#primary.host(undefined));
        current = connection;
        this.#listening.add(connection);
        connection.onClosed(() => {
          this.#listening.delete(connection);
          later();
        });
        await this.#open(connection);
        connection.client.on("notification", ({ payload }) => listener(payload ?? ""));
        await connection.client.query(`listen ${quoted(channel)}`);
        if (!isWanted || this.#isClosed) connection.close();
      } catch (error) {
        current?.destroy(error as Error);
        later();
      }
    };
    await listen();
    return async () => {
      isWanted = false;
      clearTimeout(timer);
      current?.close();
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#watch);
    this.#pool.close();
    this.#primary.close();
    for (const connection of [...this.#listening]) connection.close();
  }

  async #with<T>(until: number | undefined, work: (connection: PgConnection) => Promise<T>): Promise<T> {
    if (this.#primary.hasChoice) await this.#primary.confirmed(until);
    const connection = await this.#pool.acquire(until);
    this.#watch ??= setInterval(() => this.#lookAfter(), SUSPICIOUS_AFTER).unref();
    try {
      return await work(connection);
    } finally {
      this.#pool.release(connection);
    }
  }

  async #open(connection: PgConnection): Promise<void> {
    await connection.open(performance.now() + this.#connectTimeout);
    connection.assertPrimary(this.#timeline);
  }

  /** Connections to a server that is no primary any more: whatever runs on them is void. */
  #dropOld(): void {
    for (const connection of [...this.#pool.connections, ...this.#listening]) {
      if (this.#timeline.isNewer(this.#timeline.newest, connection.state.timeline)) {
        connection.destroy(new ConnectionLostError("another server has become the primary"));
      }
    }
  }

  /** Where a statement has no answer yet, the servers are asked which is the primary now. */
  #lookAfter(): void {
    const now = performance.now();
    const suspicious = [...this.#pool.connections].filter(
      ({ busySince }) => busySince !== undefined && now - busySince > SUSPICIOUS_AFTER,
    );
    if (suspicious.length === 0) return;
    for (const connection of suspicious) {
      if (now - (connection.busySince ?? now) < SILENT_FOR) continue;
      if (now - this.#primary.answeredAt(connection.host) < SILENT_FOR) continue;
      connection.destroy(new ConnectionLostError("the server is silent"));
    }
    void this.#primary.refresh().then(
      ({ host, state }) => {
        for (const connection of suspicious) {
          const isGone = connection.host === host && connection.state.startedAt < state.startedAt;
          if (isGone) connection.destroy(new ConnectionLostError("the server was started again"));
        }
      },
      () => undefined,
    );
  }
}
