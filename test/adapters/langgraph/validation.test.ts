import { deltaChannelHistoryTests, validate } from "@langchain/langgraph-checkpoint-validation";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AstridSaver } from "../../../src/adapters/langgraph/index.ts";
import { SessionStore } from "../../../src/index.ts";

/** The published suite, whole, on stores that `open` makes. */
function validated(
  name: string,
  open: () => SessionStore,
  close: (store: SessionStore) => Promise<void>,
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

validated(
  "memory engine",
  () => new SessionStore("memory:"),
  (store) => store.close(),
);
validated(
  "file engine",
  () => new SessionStore(mkdtempSync(join(tmpdir(), "astrid-saver-"))),
  async (store) => {
    await store.close();
    rmSync(store.location, { recursive: true, force: true });
  },
);
