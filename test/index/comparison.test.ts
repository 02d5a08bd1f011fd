import { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RealDisk } from "../../src/engine/file/disk/real-disk.ts";
import { SessionPaths } from "../../src/engine/file/disk/session-paths.ts";
import { openInMemory } from "../../src/engine/file/index/index-database.ts";
import { Statements } from "../../src/engine/file/index/statements.ts";
import { compareAll } from "../../src/engine/file/index/summaries/comparison.ts";
import { SummaryTable } from "../../src/engine/file/index/summaries/summary-table.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const never = new AbortController().signal;

test.each([0, 1, 100, 300, 3000])("of %i sessions, those are named whose files changed", async (count) => {
  using directory = temporaryDirectory();
  const place = { disk: new RealDisk(), paths: new SessionPaths(directory.path) };
  const { database } = openInMemory();
  const summaries = new SummaryTable(new Statements(database));
  const fileOf = (id: string, kind: string): string => join(directory.path, `${id}.${kind}`);
  const ids = Array.from({ length: count }, newSessionId);
  for (const [index, id] of ids.entries()) {
    if (index % 3 !== 0) writeFileSync(fileOf(id, "json"), "x");
    if (index % 3 !== 1) writeFileSync(fileOf(id, "journal.jsonl"), "x");
  }
  const others = [
    "notes.txt",
    `${newSessionId()}.json~`,
    `${"z".repeat(36)}.json`,
    `ab${"z".repeat(34)}.json`,
  ];
  for (const name of others) writeFileSync(join(directory.path, name), "no session's");
  const first = await compareAll(place, summaries, never);
  expect(first.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  for (const { id, identity } of first) summaries.put(id, identity, { trashed: [] });
  expect(await compareAll(place, summaries, never)).toEqual([]);
  if (count < 100) return;

  const [grown = "", replaced = "", gone = "", bare = ""] = ids.slice(30);
  const added = newSessionId();
  appendFileSync(fileOf(grown, "journal.jsonl"), "y");
  writeFileSync(join(directory.path, "aside"), "x");
  renameSync(join(directory.path, "aside"), fileOf(replaced, "json"));
  for (const kind of ["json", "journal.jsonl"]) rmSync(fileOf(gone, kind), { force: true });
  rmSync(fileOf(bare, "journal.jsonl"), { force: true });
  writeFileSync(fileOf(added, "json"), "x");
  const changed = await compareAll(place, summaries, never);
  expect(changed.map(({ id }) => id).toSorted()).toEqual([grown, replaced, gone, bare, added].toSorted());
  database.close();
});
