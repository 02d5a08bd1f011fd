import type Pg from "pg";
import type PostgresJs from "postgres";
import { DriverMissingError, InvalidArgumentError } from "../../../session/errors.ts";
import { onnotice } from "./cancelled-wait.ts";
import { keptOpen, type PostgresClient } from "../client.ts";
import { fromPglite, type PgliteLike } from "./pglite.ts";
import { fromPgPool, type PgPoolLike } from "./pg-pool.ts";
import { fromPostgresJs, type PostgresJsLike } from "./postgres-js.ts";
import { isMultiHost, Primary } from "./primary.ts";
import { giveSockets, hostOf, openSocket } from "./sockets.ts";

export type { PgliteLike } from "./pglite.ts";
export type { PgPoolLike } from "./pg-pool.ts";
export type { PostgresJsLike } from "./postgres-js.ts";

/** Whatever can be made a client of: a `postgres` (postgres.js) client, a `pg` pool, a PGlite database, or a client. */
export type AnyPostgresClient = PostgresJsLike | PgPoolLike | PgliteLike | PostgresClient;

/** A database within this process: no other process can use it. */
export function isPglite(client: AnyPostgresClient): client is PgliteLike {
  return "exec" in client && "query" in client && !("script" in client);
}

/** The caller's own client, under the port; closing it stays the caller's business. */
export function clientOf(given: AnyPostgresClient): PostgresClient {
  const has = (name: string): boolean =>
    typeof (given as unknown as Record<string, unknown>)[name] === "function";
  if (has("unsafe")) return keptOpen(fromPostgresJs(given as PostgresJsLike));
  if (isPglite(given)) return keptOpen(fromPglite(given));
  if (has("connect")) return keptOpen(fromPgPool(given as PgPoolLike));
  if (has("query") && has("script")) return keptOpen(given as PostgresClient);
  throw new InvalidArgumentError(
    "client must be a postgres.js client, a pg pool, a PGlite database, or have query() and script().",
  );
}

export interface ConnectOptions {
  readonly url: string;
  /** Connections at most. */
  readonly connections: number;
  /** How long one attempt to connect may take, in milliseconds. */
  readonly connectTimeout: number;
}

/**
 * A client for a URL, by the driver that is installed: `postgres` (postgres.js), else `pg`. Connects on first use. Of
 * several hosts, the one that is the primary is used.
 * @throws {DriverMissingError}
 */
export async function connect(options: ConnectOptions): Promise<PostgresClient> {
  const postgres = await installed(() => import("postgres"));
  if (postgres !== undefined) return withPostgresJs(postgres.default, options);
  if (isMultiHost(options.url)) {
    throw new DriverMissingError(
      "A URL with several hosts needs the package postgres; pg cannot look for the primary.",
      "npm install postgres",
    );
  }
  const pg = await installed(() => import("pg"));
  if (pg !== undefined) return withPg(pg.default, options);
  throw new DriverMissingError(
    "No PostgreSQL driver is installed.",
    "npm install postgres   (or: npm install pg)",
  );
}

function withPostgresJs(
  postgres: typeof PostgresJs,
  { url, connections, connectTimeout }: ConnectOptions,
): PostgresClient {
  const sql = postgres(url, {
    max: connections,
    connect_timeout: Math.max(1, Math.round(connectTimeout / 1000)),
    // "read-write" would accept a hot standby.
    target_session_attrs: "primary",
    onnotice,
    // One round trip less per connection: no parameter of ours is an array.
    fetch_types: false,
    backoff: (retries) => Math.min(1, 0.05 * 2 ** Math.min(retries, 10)),
  });
  const host = hostOf(sql);
  if (isMultiHost(url)) {
    const primary = new Primary(postgres, url, connectTimeout);
    // It counts one failure of all hosts for one of many.
    sql.options.host.length = 1;
    giveSockets(sql, () => primary.connect());
  } else if (host !== undefined) {
    giveSockets(sql, () => openSocket(host, connectTimeout));
  }
  return fromPostgresJs(sql);
}

function withPg(pg: typeof Pg, { url, connections, connectTimeout }: ConnectOptions): PostgresClient {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectTimeout,
  });
  // An idle connection that breaks is replaced by the next use.
  pool.on("error", () => undefined);
  return fromPgPool(pool);
}

async function installed<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
