import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { TestServer } from "./server.ts";
import type { Line } from "./fail-over-writer.ts";

const WRITER = fileURLToPath(new URL("fail-over-writer.ts", import.meta.url));

/** Three servers on this machine: a primary and two streaming standbys, one of which must have each commit. */
export class Cluster {
  readonly #settings: Record<string, string>;
  readonly #names = new Map<TestServer, string>();
  primary: TestServer;

  private constructor(primary: TestServer, settings: Record<string, string>) {
    this.primary = primary;
    this.#settings = settings;
  }

  static async start(synchronous: boolean): Promise<Cluster> {
    const settings = {
      wal_keep_size: "'512MB'",
      max_wal_senders: "8",
      wal_receiver_timeout: "'5s'",
      wal_retrieve_retry_interval: "'100ms'",
      synchronous_standby_names: synchronous ? "'ANY 1 (a, b, c)'" : "''",
    };
    // With synchronous commits nothing could be made before the first standby is there.
    const primary = await TestServer.start({ ...settings, synchronous_standby_names: "''" });
    const cluster = new Cluster(primary, settings);
    cluster.#names.set(primary, "a");
    for (const name of ["b", "c"]) {
      const standby = await TestServer.reserve();
      cluster.#names.set(standby, name);
      await standby.becomeStandby(primary, name, settings);
    }
    primary.configure(settings);
    primary.sql("select pg_reload_conf()");
    return cluster;
  }

  get standbys(): TestServer[] {
    return [...this.#names.keys()].filter((server) => server !== this.primary);
  }

  /** All three, as a client is told of them. */
  get url(): string {
    const hosts = [...this.#names.keys()].map(({ port }) => `127.0.0.1:${port}`).join(",");
    return `postgres://postgres@${hosts}/postgres`;
  }

  /** Kills the primary and makes the standby that received most the next one; the killed one comes back as a standby. */
  async failOver(): Promise<void> {
    const lost = this.primary;
    await lost.stop("kill");
    const [first, second] = this.standbys;
    if (first === undefined || second === undefined) throw new Error("no standby");
    const position = (server: TestServer): bigint =>
      lsn(server.sql("select pg_last_wal_receive_lsn()")[0] ?? "0/0");
    const [next, other] = position(first) >= position(second) ? [first, second] : [second, first];
    next.promote();
    this.primary = next;
    other.follow(next, this.#names.get(other) ?? "");
    await lost.becomeStandby(next, this.#names.get(lost) ?? "", this.#settings);
    await this.#allStream();
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#names.keys()].map((server) => server.dispose()));
  }

  async #allStream(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (this.primary.sql("select 1 from pg_stat_replication where state = 'streaming'").length === 2)
        return;
      await sleep(50);
    }
    throw new Error("the standbys do not stream");
  }
}

/** A process that writes to a cluster. */
export class Writer {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #errors = "";

  constructor(url: string, name: string, shared: string) {
    const child = spawn(process.execPath, [WRITER, url, name, shared], { stdio: ["ignore", "pipe", "pipe"] });
    createInterface({ input: child.stdout }).on("line", (line) => this.lines.push(JSON.parse(line) as Line));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    this.#child = child;
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) =>
        code === 0 ? resolve() : reject(new Error(`writer ${name}: ${this.#errors}`)),
      );
    });
    this.#ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
  }
}

function lsn(text: string): bigint {
  const [high = "0", low = "0"] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
