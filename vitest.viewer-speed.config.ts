import { defineConfig } from "vitest/config";

/**
 * How fast the viewer is beside a bare page: `npm run bench:viewer`, on a machine that does nothing else. No part of the
 * tests, which do not depend on how fast a machine is.
 */
export default defineConfig({
  test: { include: ["test/viewer/browser/speed/*.speed.ts"], pool: "forks", fileParallelism: false },
});
