import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { EMPTY_HEAD } from "../../src/session/head.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";

test("an index that goes from memory to a file loses nothing that a listing is asked for", async () => {
  const root = join(temporaryDirectory(), "s");
  const store = async (count: number): Promise<void> => {
    const writer = new FileEngine(root);
    for (let made = 0; made < count; made++) {
      const set = { ...EMPTY_HEAD, custom: { source: "langgraph" }, model: "m", workspacePath: "/w" };
      await writer.commit(newSessionId(), { base: 0, set }, "process");
    }
    await writer.close();
    for (const end of ["", "-wal", "-shm"]) rmSync(join(root, `index.sqlite${end}`), { force: true });
  };
  await store(5);
  const reader = new FileEngine(root);
  try {
    // So few are kept in memory; so many more are worth a file, into which those go too.
    await reader.list({});
    await store(120);
    for (const query of [{}, { model: "m" }, { workspace: { path: "/w" } }, { source: "langgraph" }])
      expect((await reader.list(query)).sessions, JSON.stringify(query)).toHaveLength(125);
  } finally {
    await reader.close();
  }
});
