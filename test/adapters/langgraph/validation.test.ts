import { deltaChannelHistoryTests, validate } from "@langchain/langgraph-checkpoint-validation";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vitest from "vitest";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { SessionStore } from "../../../src/index.ts";
import { PostgresEngine } from "../../../src/postgres.ts";
import { installedPostgres, TestServer } from "../../postgres/server.ts";

// The published suite, whole, takes its test runner from the global names.
Object.assign(globalThis, vitest);
const { afterAll, beforeAll, describe } = vitest;

function validated(
  name: string,
  open: () => SessionStore,
  close: (store: SessionStore) => Promise<void> = (store) => store.close(),
): void {
  const stores = new Map<AstridSaver, SessionStore>();
  const initializer = {
    checkpointerName: `AstridSaver, ${name}`,
    createCheckpointer: () => {
      const store = open();
      const saver = new AstridSaver(store);
      stores.set(saver, store);
      return saver;
    },
    destroyCheckpointer: async (saver: AstridSaver) => {
      const store = stores.get(saver);
      if (store !== undefined) await close(store);
    },
  };
  validate(initializer);
  deltaChannelHistoryTests(initializer);
}

validated("memory engine", () => new SessionStore("memory:"));

validated(
  "file engine",
  () => new SessionStore(mkdtempSync(join(tmpdir(), "astrid-saver-"))),
  async (store) => {
    await store.close();
    rmSync(store.location, { recursive: true, force: true });
  },
);

describe.skipIf(installedPostgres() === undefined)(
  "on a PostgreSQL server (skipped where none is installed)",
  () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await TestServer.start({ fsync: "off", max_connections: "200" });
    });
    afterAll(() => server.dispose());
    validated("postgres engine", () => {
      return new SessionStore(new PostgresEngine({ url: server.url, tenant: randomUUID(), connections: 2 }), {
        closeEngine: true,
      });
    });
  },
);
