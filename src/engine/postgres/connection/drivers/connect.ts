import type Pg from "pg";
import { DriverMissingError, InvalidArgumentError } from "../../../../session/errors/errors.ts";
import { keptOpen, type PostgresClient } from "../../client.ts";
import type { ConnectOptions } from "../servers/address.ts";
import { PgClient } from "./pg-client.ts";
import { fromPgPool, type PgPoolLike } from "./pg-pool.ts";
import { fromPglite, type PgliteLike } from "./pglite.ts";
import { fromPostgresJs, type PostgresJsLike } from "./postgres-js.ts";
import { ReplicaClient } from "../servers/replica-client.ts";

export type { PgliteLike } from "./pglite.ts";
export type { PgPoolLike } from "./pg-pool.ts";
export type { PostgresJsLike } from "./postgres-js.ts";

/** Whatever can be made a client of: a `pg` pool, a `postgres` (postgres.js) client, a PGlite database, or a client. */
export type AnyPostgresClient = PgPoolLike | PostgresJsLike | PgliteLike | PostgresClient;

/** A database within this process: no other process can use it. */
export function isPglite(client: AnyPostgresClient): client is PgliteLike {
  return "exec" in client && "query" in client && !("script" in client);
}

/** The caller's own client, under the port; closing it stays the caller's business. @throws {InvalidArgumentError} */
export function clientOf(given: AnyPostgresClient): PostgresClient {
  const has = (name: string): boolean =>
    typeof (given as unknown as Record<string, unknown>)[name] === "function";
  if (has("unsafe")) {
    if (has("begin") && has("end")) return keptOpen(fromPostgresJs(given as PostgresJsLike));
    throw new InvalidArgumentError(
      "client is a transaction of postgres.js: pass what postgres() returned, as each call has a transaction of its own.",
    );
  }
  if (isPglite(given)) return keptOpen(fromPglite(given));
  if (has("query") && has("script")) return keptOpen(given as PostgresClient);
  if (has("connect") && "totalCount" in given) return keptOpen(fromPgPool(given as PgPoolLike));
  throw new InvalidArgumentError(
    "client must be a pool of pg, a postgres.js client, a PGlite database, or have query() and script().",
  );
}

/** A client for a URL. Connects on first use. @throws {DriverMissingError | InvalidArgumentError} */
export async function connect(options: ConnectOptions): Promise<PostgresClient> {
  return new PgClient(await driver(), options);
}

/** A client for the URL of standbys. @throws {DriverMissingError | InvalidArgumentError} */
export async function connectReplicas(options: ConnectOptions): Promise<PostgresClient> {
  return new ReplicaClient(await driver(), options);
}

async function driver(): Promise<typeof Pg> {
  try {
    return (await import("pg")).default;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new DriverMissingError("A PostgreSQL URL needs the package pg.", "npm install pg");
  }
}
