import { join } from "node:path";
import { defineConfig } from "vitest/config";
import CountReporter from "./test/reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/built-command.ts"],
    pool: "forks",
    // Vitest leaves one processor free, which on a machine of two is half of them.
    maxWorkers: "100%",
    // For tests that hang; how fast the others are is the machine's business.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    // Hundreds of processes that tests start load the same sources.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/node-compile-cache") },
    reporters: ["default", new CountReporter()],
  },
});
