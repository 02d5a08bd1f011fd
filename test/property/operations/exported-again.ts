import { expect } from "vitest";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportFamily } from "../../../src/exporters/export-session.ts";
import { importFile } from "../../../src/importers/import.ts";
import { jsonEquals } from "../../../src/session/json/json.ts";
import type { SessionId } from "../../../src/session/session-id.ts";
import { SessionStore } from "../../../src/store/session-store.ts";
import { contextOf } from "./session-model.ts";
import { World } from "./world.ts";

/** Exports a session and those of its sub-agents, and brings the files into an empty store: they are the same there. */
export async function exportedAgain(store: SessionStore, world: World, id: SessionId): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "astrid-exported-"));
  const there = new SessionStore("memory:");
  try {
    for await (const { id: one, text } of exportFamily(store, id)) {
      const path = join(directory, `${one}.jsonl`);
      const parts: string[] = [];
      for await (const part of text) parts.push(part);
      writeFileSync(path, parts.join(""));
      expect((await importFile(there, path)).outcome).toBe("created");
      expect((await importFile(there, path)).outcome).toBe("unchanged");
    }
    const family = [id, ...World.below(id, world.lives)];
    expect((await there.list()).sort()).toEqual(family.sort());
    for (const one of family) {
      const now = world.lives.get(one)?.now;
      const session = await there.load(one);
      expect(jsonEquals(session?.messages, now?.messages)).toBe(true);
      expect([session?.metadata.title, session?.tokenCount]).toEqual([now?.title, now?.tokens]);
      if (now !== undefined)
        expect(session?.context().map(({ role, content }) => [role, content])).toEqual(contextOf(now));
    }
  } finally {
    await there.close();
    rmSync(directory, { recursive: true });
  }
}
