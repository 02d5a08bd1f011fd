import { describe } from "vitest";
import { SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { testArguments } from "./arguments.ts";
import { testVerbs } from "./verbs.ts";

describe.each([
  ["in memory", () => new SessionStore("memory:")],
  ["in files", () => new SessionStore(temporaryDirectory())],
] as const)("%s", (_place, open) => {
  testVerbs(open);
  testArguments(open);
});
