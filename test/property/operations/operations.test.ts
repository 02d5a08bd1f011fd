import { PGlite } from "@electric-sql/pglite";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { FileEngine } from "../../../src/engine/file/file-engine.ts";
import { MemoryEngine } from "../../../src/engine/memory/memory-engine.ts";
import { PostgresEngine } from "../../../src/engine/postgres/postgres-engine.ts";
import { holdsThrough, TIMEOUT } from "./holds-through.ts";

describe("whatever is done to sessions with the verbs of a store, it holds what a simple model of it holds", () => {
  let root: string;
  beforeAll(() => (root = mkdtempSync(join(tmpdir(), "astrid-operations-"))));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test(
    "in memory",
    async () => {
      await holdsThrough(() => {
        const engine = new MemoryEngine();
        return { open: () => engine };
      }, 10_000);
    },
    TIMEOUT,
  );

  test(
    "in files",
    async () => {
      await holdsThrough(() => {
        const directory = mkdtempSync(join(root, "run-"));
        return { open: () => new FileEngine(directory) };
      }, 20_000);
    },
    TIMEOUT,
  );

  describe("on PostgreSQL", () => {
    const database = new PGlite();
    afterAll(() => database.close());

    test(
      "PGlite",
      async () => {
        await holdsThrough(() => {
          const tenant = randomUUID();
          return { open: () => new PostgresEngine({ client: database, tenant }) };
        }, 20_000);
      },
      TIMEOUT,
    );
  });
});
