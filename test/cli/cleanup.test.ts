import { expect, test } from "vitest";
import { base, directory, ONE, save, TWO } from "./place.ts";
import { run, runJson } from "./run.ts";

test("cleanup goes by the last change, says what would go, and goes to the trash", async () => {
  await save(ONE, "Made long ago", ["x"], { createdAt: "2020-01-01T00:00:00Z" });
  expect(runJson(directory, "cleanup", "--older-than", "30d").json.sessions).toEqual([]);
  const dry = runJson(directory, "cleanup", "--older-than", "30d", "--by", "created", "--dry-run");
  expect(dry.json).toMatchObject({
    ...{ dryRun: true, trash: true, kept: [], changed: [], emptied: [] },
    sessions: [
      { id: ONE, title: "Made long ago", because: "age", reason: expect.stringMatching(/^created 2020/) },
    ],
  });
  expect(runJson(directory, "list").json.sessions).toHaveLength(1);
  expect(run(directory, "cleanup", "--older-than", "30d", "--by", "created").out).toContain("Made long ago");
  expect(runJson(directory, "trash").json.sessions).toHaveLength(1);
  for (const wrong of [
    [],
    ["--older-than", "soon"],
    ["--keep", "0"],
    ["--max-bytes", "much"],
    ["--older-than", "1d", "--by", "size"],
    ["--log", "--older-than", "1d"],
    ["--log", "--dry-run"],
  ])
    expect(run(directory, "cleanup", ...wrong)).toMatchObject({ code: 2 });
});

test("cleanup by number and size, what stays and why, the trash's expiry, and the log of it all", async () => {
  expect(run(directory, "cleanup", "--log")).toMatchObject({
    code: 0,
    err: expect.stringContaining("No cleanup"),
  });
  await save(ONE, "First", ["x"], { createdAt: "2020-01-01T00:00:00Z", workspacePath: base });
  await save(TWO, "Second", ["x"], { workspacePath: base });
  const count = ["cleanup", "--keep", "1", "--workspace", base];
  expect(run(directory, ...count, "--dry-run", "--by", "created").out).toContain(`${ONE}  2020-01-01`);
  expect(run(directory, "pin", ONE)).toMatchObject({ code: 0 });
  const size = run(directory, "cleanup", "--max-bytes", "0.001kB", "--by", "created");
  expect(size).toMatchObject({ code: 0, out: "" });
  expect(size.err).toMatch(/0 sessions were moved.*\n.*1 session, pinned.*\n.*1 session, among the newest/);
  expect(run(directory, "pin", ONE, "--remove")).toMatchObject({ code: 0 });
  const { json } = runJson(directory, ...count, "--by", "created");
  expect(json.sessions).toMatchObject([{ id: ONE, because: "count" }]);

  const expiry = ["cleanup", "--trash-older-than", "0d"];
  expect(run(directory, ...expiry, "--dry-run").out).toContain(ONE);
  expect(runJson(directory, ...expiry).json["emptied"]).toMatchObject([{ id: ONE, title: "First" }]);
  expect(runJson(directory, "trash").json.sessions).toEqual([]);
  const { removals } = runJson(directory, "cleanup", "--log").json;
  expect(removals).toMatchObject([
    { id: ONE, to: "gone", rule: "in the trash for more than 0 days" },
    { id: ONE, to: "trash", run: json["run"], rule: expect.stringContaining("not among the newest 1") },
  ]);
  expect(run(directory, "cleanup", "--log").out).toMatch(/for good {2}First .*\n.*to the trash {2}First/);
});

test("the workspace of a rule may be a path of another system", async () => {
  await save(ONE, "There", ["x"], { workspacePath: "C:\\work\\app" });
  await save(TWO, "Here", ["x"], { workspacePath: base });
  const { json } = runJson(directory, "cleanup", "--older-than", "0d", "-w", "C:\\work\\app", "--dry-run");
  expect(json.sessions).toMatchObject([{ id: ONE }]);
});
