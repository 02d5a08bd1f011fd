import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { MemoryEngine } from "../../src/engine/memory/memory-engine.ts";
import { holds } from "./model.ts";

describe("whatever is done to sessions, the store holds what a simple model of it holds", () => {
  let root: string;
  beforeAll(() => (root = mkdtempSync(join(tmpdir(), "astrid-model-"))));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test("in memory", async () => {
    await holds(() => () => new MemoryEngine(), 4000);
  });

  test("in files, through crashes of the process", async () => {
    await holds(() => {
      const directory = mkdtempSync(join(root, "run-"));
      return () => new FileEngine(directory);
    }, 11_000);
  });
});
