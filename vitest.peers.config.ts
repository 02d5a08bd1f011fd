import { defineConfig } from "vitest/config";
import CountReporter from "./test/reporter.ts";

/** Installs this package with the frameworks' lowest and newest versions, from the registry: `npm run test:peers`. */
export default defineConfig({
  test: {
    include: ["test/peers/*.long.ts"],
    pool: "forks",
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    reporters: ["default", new CountReporter()],
  },
});
