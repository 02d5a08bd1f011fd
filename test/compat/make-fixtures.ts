// Keeps what the present code writes: `node test/compat/make-fixtures.ts`, and with `packed` in the form of packed
// sessions. Once for each format, when it is new: what has been checked in is never made again.
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { FORMAT } from "../../src/engine/file/journal/record/record.ts";
import { PACKED_FORM } from "../../src/engine/file/packed/seek-table.ts";
import { exactText } from "../../src/session/json/exact-text.ts";
import { isJsonObject, type Json } from "../../src/session/json/json.ts";
import { checksumLines, FIXTURES, SUMS } from "./fixture-sums.ts";
import { copyFixture, readFixture } from "./fixture-reading.ts";
import { FIXTURE_STORES } from "./fixture-stores.ts";
import { PACKED_FIXTURES } from "./packed-stores.ts";

const isPacked = process.argv[2] === "packed";
const set = isPacked ? `packed-${PACKED_FORM}` : `format-${FORMAT}`;
const target = join(FIXTURES, set);
if (existsSync(target)) {
  console.error(`${target} exists, and fixtures are never changed.`);
  process.exit(1);
}

const work = mkdtempSync(join(tmpdir(), "astrid-fixtures-"));
try {
  for (const [name, make] of Object.entries(isPacked ? PACKED_FIXTURES : FIXTURE_STORES)) {
    const directory = join(work, name);
    const kept = join(target, name);
    await make(directory, () => keep(directory, kept));
    if (!existsSync(kept)) keep(directory, kept);
    copyFixture(kept, join(work, "copy"));
    writeFileSync(`${kept}.json`, `${exactText(plain(await readFixture(join(work, "copy"))))}\n`);
    rmSync(join(work, "copy"), { recursive: true });
  }
} finally {
  rmSync(work, { recursive: true });
}
appendFileSync(SUMS, checksumLines(set));

/** All that stays of a store when its process is gone, but what can be made anew. */
function keep(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !/^(locks|tmp|index\.sqlite.*)$/.test(basename(path)),
  });
}

/** As JSON has it, numbers beyond the double range among it. */
function plain(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value as Json;
  const entries = Object.entries(value).filter(([, property]) => property !== undefined);
  return Object.fromEntries(entries.map(([key, property]) => [key, plain(property)]));
}
