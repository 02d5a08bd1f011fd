import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { recordFromMessage } from "../../src/importers/claude-code/record.ts";
import { importFile } from "../../src/importers/import.ts";
import { SessionStore } from "../../src/index.ts";
import { jsonLines } from "./read.ts";

const folder = fileURLToPath(new URL("../../../shared/transcripts/claude-code/", import.meta.url));

test.skipIf(!existsSync(folder))(
  "REAL TRANSCRIPTS (skipped where ../shared/transcripts is missing): every record of every file, and once only",
  async () => {
    const base = mkdtempSync(join(tmpdir(), "astrid-import-"));
    const store = new SessionStore(join(base, "store"));
    try {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        const result = await importFile(store, path);
        expect(result).toMatchObject({ outcome: "created", lossy: false });
        const records: unknown[] = [];
        for await (const { message } of store.messages(result.sessionId))
          records.push(recordFromMessage(message));
        const salvaged = result.problems.reduce((sum, problem) => sum + problem.salvaged, 0);
        const whole = jsonLines(path);
        expect(records).toHaveLength(whole.length + salvaged);
        if (salvaged === 0) expect(records).toEqual(whole);
        else expect(records).toEqual(expect.arrayContaining(whole));
        expect(await importFile(store, path)).toMatchObject({ outcome: "unchanged" });
      }
      expect(await store.list()).toHaveLength(readdirSync(folder).length);
    } finally {
      await store.close();
      rmSync(base, { recursive: true, force: true });
    }
  },
);
