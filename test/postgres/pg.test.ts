import pg from "pg";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, test } from "vitest";
import { conformance } from "../../src/conformance/index.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { installedPostgres, TestServer } from "./server.ts";

const isThere = installedPostgres() !== undefined;
let server: TestServer | undefined;
let pool: pg.Pool | undefined;

beforeAll(async () => {
  if (!isThere) return;
  server = await TestServer.start({ fsync: "off" });
  pool = new pg.Pool({ connectionString: server.url, max: 8 });
});
afterAll(async () => {
  await pool?.end();
  await server?.dispose();
});

conformance(
  { describe, test: (name, body) => test.skipIf(!isThere)(name, body) },
  {
    name: "postgres (a pool of pg)",
    // Other processes cannot be given this pool; they are tested with a URL.
    capabilities: { persistent: true, multiProcess: false, trash: true, checkpoints: false, search: true },
    async open() {
      const tenant = randomUUID();
      const open = async (): Promise<PostgresEngine> => {
        if (pool === undefined) throw new Error("no server");
        return new PostgresEngine({ client: pool, tenant });
      };
      return { engine: await open(), reopen: open, dispose: () => Promise.resolve() };
    },
  },
);
