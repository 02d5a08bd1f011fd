import { defineConfig } from "vitest/config";
import CountReporter from "./test/reporter.ts";

/** Tests on gigabytes: `npm run test:big`. */
export default defineConfig({
  test: {
    include: ["test/big/**/*.big.ts"],
    pool: "forks",
    fileParallelism: false,
    reporters: ["default", new CountReporter()],
  },
});
