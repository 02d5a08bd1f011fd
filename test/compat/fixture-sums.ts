import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export const FIXTURES = join(import.meta.dirname, "fixtures");

/** One line for each file, as `sha256sum` writes and checks them. */
export const SUMS = join(import.meta.dirname, "fixtures.sha256");

/** The lines of everything in a folder of the fixtures. */
export function checksumLines(folder: string): string {
  return readdirSync(join(FIXTURES, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((name) => statSync(join(FIXTURES, name)).isFile())
    .sort()
    .map((name) => `${sha256(join(FIXTURES, name))}  fixtures/${name}\n`)
    .join("");
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
