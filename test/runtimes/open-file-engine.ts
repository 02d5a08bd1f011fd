import type { StorageEngine } from "../../src/engine/contract.ts";
import { FileEngine } from "./built.ts";

/** What other processes of the conformance suite open. */
export function open(directory: string): StorageEngine {
  return new FileEngine(directory, { lockPatience: 600_000 });
}
