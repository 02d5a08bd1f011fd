import { setTimeout as sleep } from "node:timers/promises";
import { TestServer } from "../server.ts";
import { Proxy } from "./proxy.ts";

const SETTINGS = {
  ...{ wal_keep_size: "'256MB'", max_wal_senders: "8", wal_retrieve_retry_interval: "'100ms'" },
  ...{ max_connections: "200", fsync: "off", shared_buffers: "'16MB'" },
};

/** Two servers, each behind a proxy of its own: a primary, and a standby that must have each commit. */
export class Pair {
  primary: TestServer;
  standby: TestServer;
  readonly proxies: ReadonlyMap<TestServer, Proxy>;

  private constructor(primary: TestServer, standby: TestServer, proxies: ReadonlyMap<TestServer, Proxy>) {
    this.primary = primary;
    this.standby = standby;
    this.proxies = proxies;
  }

  static async start(): Promise<Pair> {
    const primary = await TestServer.start(SETTINGS);
    const standby = await TestServer.reserve();
    const proxies = new Map<TestServer, Proxy>();
    for (const server of [primary, standby]) proxies.set(server, await Proxy.start(() => server.port));
    const pair = new Pair(primary, standby, proxies);
    await pair.#join();
    return pair;
  }

  /** Both, as a client is told of them. */
  get url(): string {
    const hosts = [...this.proxies.values()].map(({ port }) => `127.0.0.1:${port}`).join(",");
    return `postgres://postgres@${hosts}/postgres`;
  }

  /** Makes the standby the primary; it waits for nobody. What becomes of the old one is the caller's business. */
  promote(): TestServer {
    const old = this.primary;
    this.standby.sql("alter system set synchronous_standby_names = ''");
    this.standby.promote();
    this.primary = this.standby;
    this.standby = old;
    return old;
  }

  /** What was the primary before becomes a standby, from nothing. */
  async rebuild(): Promise<void> {
    await this.standby.stop("kill");
    await this.#join();
  }

  async dispose(): Promise<void> {
    for (const proxy of this.proxies.values()) proxy.close();
    await Promise.all([this.primary.dispose(), this.standby.dispose()]);
  }

  async #join(): Promise<void> {
    await this.standby.becomeStandby(this.primary, "other", SETTINGS);
    for (let tries = 0; tries < 600; tries++) {
      if (this.primary.sql("select 1 from pg_stat_replication where state = 'streaming'").length === 1) {
        this.primary.sql("alter system set synchronous_standby_names = 'other'");
        this.primary.sql("select pg_reload_conf()");
        await this.#seeWait();
        return;
      }
      await sleep(50);
    }
    throw new Error("the standby does not stream");
  }

  /** Returns when commits wait for the standby: that begins some time after the servers were told so. */
  async #seeWait(): Promise<void> {
    const waits = "select 1 from pg_stat_activity where wait_event = 'SyncRep'";
    this.standby.signal("", "SIGSTOP");
    for (let isWaiting = false; !isWaiting;) {
      const commit = this.primary.background("select pg_logical_emit_message(true, 'test', '')");
      let isDone = false;
      void commit.then(() => (isDone = true));
      while (!isDone && !isWaiting) {
        isWaiting = this.primary.sql(waits).length > 0;
        await sleep(5);
      }
    }
    this.standby.signal("", "SIGCONT");
  }
}
