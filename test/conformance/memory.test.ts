import { describe, test } from "vitest";
import { conformance } from "../../src/conformance/index.ts";
import { MemoryEngine } from "../../src/engine/memory/memory-engine.ts";

conformance(
  { describe, test },
  {
    name: "memory",
    capabilities: new MemoryEngine().capabilities,
    open: async () => {
      const engine = new MemoryEngine();
      return { engine, reopen: async () => new MemoryEngine(), dispose: () => engine.close() };
    },
  },
);
