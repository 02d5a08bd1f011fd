import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { directory, ONE, save, TWO } from "./place.ts";
import { run, runJson } from "./run.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
test("search: finds words, with what a script needs; without a word it makes no sense", async () => {
  await save(ONE, "First", ["the quota is exceeded"]);
  await save(TWO, "Second", ["nothing"]);
  const found = runJson(directory, "search", "quota");
  expect(found.code).toBe(0);
  expect(found.json).toMatchObject({ store: directory, hits: [{ id: ONE, position: 0, role: "user" }] });
  const told = run(directory, "search", "quota", "exceeded");
  expect(told).toMatchObject({ code: 0, err: "" });
  expect(told.out).toContain("the quota is exceeded");
  expect(run(directory, "search", "absent")).toMatchObject({ code: 0, out: "", err: "Nothing was found.\n" });
  for (const nothing of ["", '""', "-- ."])
    expect(runJson(directory, "search", nothing)).toMatchObject({
      code: 2,
      json: { error: { code: "USAGE" } },
    });
  const limited = run(directory, "search", "quota", "--limit", "x");
  expect(limited).toMatchObject({ code: 2 });
  expect(limited.err).toContain("--limit takes a whole number from 1 up");
});

test("what only a database can do is an error of usage for a directory", () => {
  for (const command of ["health", "migrate"]) expect(run(directory, command)).toMatchObject({ code: 2 });
});

test.runIf(existsSync("/dev/full"))(
  "results that cannot be written are an error like any other",
  async () => {
    await save(ONE, "First", ["x"]);
    for (const args of [["list"], ["list", "--json"], ["show", ONE]]) {
      const full = openSync("/dev/full", "w");
      const { status, stderr } = spawnSync(process.execPath, [MAIN, "--store", directory, ...args], {
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      });
      closeSync(full);
      expect(status).toBe(1);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      if (args.includes("--json"))
        expect(JSON.parse(stderr)).toMatchObject({ error: { code: "OUTPUT_FAILED" } });
      else expect(stderr).toContain("Cannot write standard output: the disk is full.");
    }
  },
);
