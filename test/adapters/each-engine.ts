import { PGlite } from "@electric-sql/pglite";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";
import { FileEngine, MemoryEngine, SessionStore, type StorageEngine } from "../../src/index.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { installedPostgres, TestServer } from "../postgres/server.ts";

/** Where a test's sessions are: empty when the test begins, gone when it has ended. */
export interface Place {
  /** Another store on the same sessions, as another process would have it; on the memory engine the same engine. */
  open(): SessionStore;
}

/** Runs the tests on files, in memory, and on PostgreSQL: a server where one is installed, else PGlite. */
export function describeOnEachEngine(name: string, tests: (place: Place) => void): void {
  describe(`${name}, file engine`, () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "astrid-adapter-"));
    });
    afterEach(() => rmSync(directory, { recursive: true, force: true }));
    tests(placeOf(() => new FileEngine(join(directory, "sessions"))));
  });
  describe(`${name}, memory engine`, () => {
    let engine: MemoryEngine;
    beforeEach(() => {
      engine = new MemoryEngine();
    });
    tests(placeOf(() => engine));
  });
  let tenant: string;
  beforeEach(() => {
    tenant = randomUUID();
  });
  if (installedPostgres() === undefined) {
    describe(`${name}, postgres engine (PGlite)`, () => {
      const database = new PGlite();
      afterAll(() => database.close());
      tests(placeOf(() => new PostgresEngine({ client: database, tenant })));
    });
  } else {
    describe(`${name}, postgres engine`, () => {
      let server: TestServer | undefined;
      beforeAll(async () => {
        server = await TestServer.start({ fsync: "off" });
      });
      afterAll(() => server?.dispose());
      tests(
        placeOf(() => new PostgresEngine({ url: `${server?.url ?? ""}?tenant=${tenant}&connections=2` })),
      );
    });
  }
}

function placeOf(engine: () => StorageEngine): Place {
  const stores: SessionStore[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  return {
    open() {
      const store = new SessionStore(engine(), { closeEngine: true });
      stores.push(store);
      return store;
    },
  };
}
