import { resolve } from "node:path";
import { isOwnPath } from "../home/own-path.ts";

/** A directory that the command line names: from where the command runs, unless it is one of another system. */
export function placeOf(path: string): string {
  return isOwnPath(path) ? resolve(path) : path;
}

/** Where the command runs; `undefined` where that was deleted meanwhile. */
export function currentDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
