import { PGlite } from "@electric-sql/pglite";
import { randomUUID } from "node:crypto";
import { afterAll, describe, test } from "vitest";
import { conformance } from "../../src/conformance/index.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";

const database = new PGlite();
afterAll(() => database.close());

conformance(
  { describe, test },
  {
    name: "postgres (PGlite)",
    capabilities: new PostgresEngine({ client: database }).capabilities,
    async open() {
      // A tenant is a place of its own.
      const tenant = randomUUID();
      const opened: PostgresEngine[] = [];
      const open = async (): Promise<PostgresEngine> => {
        const engine = new PostgresEngine({ client: database, tenant });
        opened.push(engine);
        return engine;
      };
      return {
        engine: await open(),
        reopen: open,
        dispose: async () => {
          await Promise.all(opened.map((engine) => engine.close()));
        },
      };
    },
  },
);
