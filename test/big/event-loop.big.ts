import { expect, test } from "vitest";
import { temporaryDirectory } from "../index/temporary-directory.ts";
import { holdNothingUp, MOST_WORK } from "./held-up.ts";

const BYTES = Number(process.env["ASTRID_BIG_BYTES"] ?? 150e6);

test(
  "nothing that is done with a session of 150 MB holds up the process for long, but what is named as a limit",
  { timeout: 600_000 },
  async () => {
    using directory = temporaryDirectory();
    for (const { what, isLimit, work } of await holdNothingUp(directory.path, BYTES)) {
      console.log(`${what}: ${work}${isLimit ? ", a limit" : ""}`);
      if (!isLimit) expect(work, what).toBeLessThan(MOST_WORK);
    }
  },
);
