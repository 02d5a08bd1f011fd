import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { Message } from "../../src/index.ts";
import { directory, ONE, save, TWO } from "./place.ts";
import { run, runJson } from "./run.ts";
import { COMMAND } from "../command.ts";

test("search: finds words, with what a script needs; without a word it makes no sense", async () => {
  await save(ONE, "First", ["the quota is exceeded"]);
  await save(TWO, "Second", ["nothing"]);
  const found = runJson(directory, "search", "quota");
  expect(found.code).toBe(0);
  expect(found.json).toMatchObject({ store: directory, hits: [{ id: ONE, position: 0, role: "user" }] });
  const told = run(directory, "search", "quota", "exceeded");
  expect(told).toMatchObject({ code: 0, err: "" });
  expect(told.out).toMatch(/^aaaa1111 {2}First\n.*\n {2}aaaa1111:0 {2}you {4}the quota is exceeded\n$/);
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

test("search: by agent, directory, tag, tool, who spoke and time, in options and among the words", async () => {
  const call = { type: "tool_use", id: "1", name: "Bash", input: { command: "needle" } };
  const result = { type: "tool_result", tool_use_id: "1", content: "the needle" };
  await save(ONE, "First", ["a needle"], {
    ...{ workspacePath: "/home/a/backend", metadata: { tags: ["work"], custom: { source: "claude-code" } } },
    messages: [
      Message.user("a needle"),
      Message.from({ role: "assistant", content: [call] }),
      Message.from({ role: "user", content: [result] }),
    ],
  });
  await save(TWO, "Second", ["another needle"]);
  const at = (...args: string[]): string[] =>
    (runJson(directory, "search", ...args).json["hits"] as { id: string; position: number }[])
      .map(({ id, position }) => `${id.slice(4, 5)}:${position}`)
      .sort();
  expect(at("needle")).toEqual(["1:0", "1:1", "1:2", "2:0"]);
  expect(at("needle", "agent:claude")).toEqual(["1:0", "1:1", "1:2"]);
  expect(at("needle", "--agent", "astrid")).toEqual(["2:0"]);
  expect(at("needle dir:BACKEND role:tool")).toEqual(["1:2"]);
  expect(at("needle", "--role", "user")).toEqual(["1:0", "2:0"]);
  expect(at("tool:bash", "needle")).toEqual(["1:1"]);
  expect(at("tag:work role:you needle")).toEqual(["1:0"]);
  expect(at("needle", "date:>1d")).toEqual([]);
  expect(at("needle", "--until", "2020-01-01")).toEqual([]);
  expect(run(directory, "search", "needle", "date:soon")).toMatchObject({ code: 2, out: "" });
  expect(run(directory, "search", "agent:claude")).toMatchObject({ code: 2, out: "" });
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
      const { status, stderr } = spawnSync(process.execPath, [COMMAND, "--store", directory, ...args], {
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
