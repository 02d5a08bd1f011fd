import "./runtime.ts";
export { onnotice, type PostgresNotice } from "./engine/postgres/connection/cancelled-wait.ts";
export type { PostgresClient, QueryOptions, QueryResult, Row } from "./engine/postgres/client.ts";
export type {
  AnyPostgresClient,
  PgliteLike,
  PgPoolLike,
  PostgresJsLike,
} from "./engine/postgres/connection/drivers/connect.ts";
export type { PostgresEngineOptions, PostgresSettings } from "./engine/postgres/options.ts";
export { PostgresEngine } from "./engine/postgres/postgres-engine.ts";
export type { PostgresMetrics } from "./engine/postgres/connection/metrics.ts";
