import { defineConfig } from "vitest/config";
import CountReporter from "./test/reporter.ts";

/** Tests that take minutes: `npm run test:postgres`. */
export default defineConfig({
  test: {
    include: ["test/postgres/**/*.long.ts"],
    pool: "forks",
    testTimeout: 180_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    reporters: ["default", new CountReporter()],
  },
});
