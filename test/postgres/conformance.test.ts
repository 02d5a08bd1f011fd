import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, test } from "vitest";
import { conformance } from "../../src/conformance/index.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { installedPostgres, TestServer } from "./server.ts";

const isThere = installedPostgres() !== undefined;
let server: TestServer | undefined;

beforeAll(async () => {
  if (isThere) server = await TestServer.start({ fsync: "off", max_connections: "200" });
});
afterAll(() => server?.dispose());

conformance(
  { describe, test: (name, body) => test.skipIf(!isThere)(name, body) },
  {
    name: "postgres",
    capabilities: { persistent: true, multiProcess: true, trash: true, checkpoints: false, search: true },
    opener: new URL("opener.ts", import.meta.url).href,
    async open() {
      if (server === undefined) throw new Error("no server");
      const location = `${server.url}?tenant=${randomUUID()}&connections=4`;
      const opened: PostgresEngine[] = [];
      const open = async (): Promise<PostgresEngine> => {
        const engine = new PostgresEngine({ url: location });
        opened.push(engine);
        return engine;
      };
      return {
        engine: await open(),
        reopen: open,
        // What a process that is killed held is waited for.
        location: `${location}&leaseDuration=2000`,
        dispose: async () => {
          await Promise.all(opened.map((engine) => engine.close()));
        },
      };
    },
  },
);
