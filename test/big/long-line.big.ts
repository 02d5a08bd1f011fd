import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { importFile } from "../../src/import.ts";
import { originalOf } from "../../src/importers/original/read-original.ts";
import { SessionStore } from "../../src/index.ts";

const base = mkdtempSync(join(tmpdir(), "astrid-long-line-"));
afterAll(() => {
  rmSync(base, { recursive: true, force: true });
});

test(
  "a line of 100 MB comes in as a message, and comes back byte for byte",
  { timeout: 600_000 },
  async () => {
    const id = "aaaaaaaa-0000-4000-8000-00000000000b";
    const path = join(base, `${id}.jsonl`);
    const hash = createHash("sha256");
    const texts = ["first", "word ".repeat(20_000_000), "last"];
    for (const [index, content] of texts.entries()) {
      const record = {
        ...{
          type: "user",
          uuid: `u${index}`,
          parentUuid: index === 0 ? null : `u${index - 1}`,
          sessionId: id,
        },
        ...{
          cwd: "/p",
          version: "2.1.0",
          timestamp: "2026-09-01T10:00:00.000Z",
          message: { role: "user", content },
        },
      };
      const line = `${JSON.stringify(record)}\n`;
      hash.update(line);
      appendFileSync(path, line);
    }
    await using store = new SessionStore(join(base, "store"));
    expect(await importFile(store, path)).toMatchObject({
      outcome: "created",
      messagesAdded: 3,
      problemCount: 0,
    });
    const back = createHash("sha256");
    for await (const piece of originalOf(store, id)) back.update(piece);
    expect(back.digest("hex")).toBe(hash.digest("hex"));
    expect(await importFile(store, path)).toMatchObject({ outcome: "unchanged" });
    for await (const { position, message } of store.messages(id, { from: 1, to: 2 }))
      expect([position, (message.content as string).length]).toEqual([1, 100_000_000]);
  },
);
