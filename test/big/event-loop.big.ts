import { expect, test } from "vitest";
import { temporaryDirectory } from "../index/temporary-directory.ts";
import { holdNothingUp, LONGEST_BLOCK } from "./held-up.ts";

const BYTES = Number(process.env["ASTRID_BIG_BYTES"] ?? 150e6);

test(
  "nothing that is done with a session of 150 MB holds up the process for long, but what is named as a limit",
  { timeout: 600_000, retry: 2 },
  async () => {
    using directory = temporaryDirectory();
    for (const { what, isLimit, block, collection } of await holdNothingUp(directory.path, BYTES)) {
      console.log(`${what}: ${block} ms${isLimit ? ", a limit" : ""}`);
      // The store makes the garbage, but how long it takes to collect grows with the heap of the whole process.
      if (!isLimit) expect(block, `${what}: ms`).toBeLessThan(LONGEST_BLOCK + collection);
    }
  },
);
