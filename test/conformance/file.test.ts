import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { conformance } from "../../src/conformance/index.ts";
import { FileEngine } from "../../src/engine/file/file-engine.ts";

conformance(
  { describe, test },
  {
    name: "file",
    capabilities: new FileEngine("never-used").capabilities,
    opener: new URL("./open-file-engine.ts", import.meta.url).href,
    open: async () => {
      const root = mkdtempSync(join(tmpdir(), "astrid-conformance-"));
      const location = join(root, "sessions");
      const engines: FileEngine[] = [];
      const reopen = async (): Promise<FileEngine> => {
        const engine = new FileEngine(location, { lockPatience: 600_000 });
        engines.push(engine);
        return engine;
      };
      const dispose = async (): Promise<void> => {
        for (const engine of engines) await engine.close();
        rmSync(root, { recursive: true, force: true });
      };
      return { engine: await reopen(), reopen, location, dispose };
    },
  },
);
