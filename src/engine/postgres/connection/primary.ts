import type { Socket } from "node:net";
import type PostgresJs from "postgres";
import { NotSentError } from "../client.ts";
import { giveSockets, hostOf, nameOf, openSocket, type Host } from "./sockets.ts";

/** So long an answer holds for further connections, in milliseconds: a pool opens several at once. */
const HOLDS = 1000;

/** The way to the primary among the several hosts of a URL. */
export class Primary {
  readonly #postgres: typeof PostgresJs;
  readonly #urls: readonly string[];
  /** For one attempt, in milliseconds. */
  readonly #timeout: number;
  #found: Promise<Host> | undefined;
  #askedAt = -Infinity;

  constructor(postgres: typeof PostgresJs, url: string, timeout: number) {
    this.#postgres = postgres;
    this.#urls = urlsOf(url);
    this.#timeout = timeout;
  }

  /** A connection to the server that is the primary by its own word. @throws {NotSentError} */
  async connect(): Promise<Socket> {
    const now = performance.now();
    if (this.#found === undefined || now - this.#askedAt > HOLDS) {
      this.#askedAt = now;
      this.#found = this.#find();
    }
    const found = this.#found;
    try {
      return await openSocket(await found, this.#timeout);
    } catch (error) {
      if (this.#found === found) this.#found = undefined;
      throw error;
    }
  }

  /** All hosts are asked at once. */
  async #find(): Promise<Host> {
    try {
      return await Promise.any(this.#urls.map((url) => this.#ask(url)));
    } catch (error) {
      const reasons = (error as AggregateError).errors.map((one) => (one as Error).message);
      throw new NotSentError(`no host is a primary that can be reached (${reasons.join("; ")})`, {
        cause: error,
      });
    }
  }

  async #ask(url: string): Promise<Host> {
    const sql = this.#postgres(url, {
      max: 1,
      connect_timeout: Math.max(1, Math.round(this.#timeout / 1000)),
      fetch_types: false,
      onnotice: () => undefined,
    });
    const host = hostOf(sql);
    if (host === undefined) throw new NotSentError("of several hosts, none can be a path");
    giveSockets(sql, () => openSocket(host, this.#timeout));
    try {
      const [row] = await sql.unsafe("select pg_is_in_recovery() as standby");
      if (row?.["standby"] === false) return host;
    } catch (error) {
      if (error instanceof NotSentError) throw error;
      throw new Error(`${nameOf(host)}: ${(error as Error).message}`, { cause: error });
    } finally {
      // Nobody waits for the farewell.
      void sql.end({ timeout: 1 }).catch(() => undefined);
    }
    throw new Error(`${nameOf(host)}: it is a standby`);
  }
}

export function isMultiHost(url: string): boolean {
  return /^[a-z]+:\/\/(?:[^@/]*@)?[^/?]*,/i.test(url);
}

/** The same URL for each of its hosts alone. */
function urlsOf(url: string): string[] {
  const [, begin = "", hosts = "", rest = ""] = /^([a-z]+:\/\/(?:[^@/]*@)?)([^/?]*)(.*)$/is.exec(url) ?? [];
  return hosts.split(",").map((host) => begin + host + rest);
}
