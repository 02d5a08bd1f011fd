import { fileURLToPath } from "node:url";

/** What `built-command.ts` has told the tests that follow it. */
export const BUILT_COMMAND = "ASTRID_TEST_COMMAND";

/** The command's program: as users have it where it was built for the tests, or else its source. */
export const COMMAND =
  process.env[BUILT_COMMAND] ?? fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
