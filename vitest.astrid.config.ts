import { defineConfig } from "vitest/config";
import CountReporter from "./test/reporter.ts";

/** Beside Astrid's own store, which cargo builds for it: `npm run test:astrid`. */
export default defineConfig({
  test: {
    include: ["test/astrid/*.astrid.ts"],
    globalSetup: ["test/astrid/build.ts"],
    pool: "forks",
    testTimeout: 300_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    reporters: ["default", new CountReporter()],
  },
});
