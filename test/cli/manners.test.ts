import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { base, directory, ONE, save } from "./place.ts";
import { run, runJson } from "./run.ts";
import { COMMAND } from "../command.ts";

/** Everything that prints a result; what only a database or a person can do is left out. */
const PRINTING = [
  ...[
    "list",
    "list --json",
    "search needle",
    "stats",
    "workspaces --json",
    "du",
    "doctor",
    "path",
    "trash --json",
  ],
  ...[`show ${ONE}`, `show ${ONE} --raw`, `export ${ONE}`, `export ${ONE} --format md`, `handoff ${ONE}`],
  ...[`tag ${ONE} x`, `pin ${ONE}`, `rename ${ONE} Needle`, `checkpoint ${ONE}`, `fork ${ONE} --at 1`],
  ...[
    "--help",
    "help list",
    "--version",
    "completion bash",
    "sync --service systemd",
    "cleanup --log --json",
  ],
];

test.runIf(existsSync("/dev/full"))(
  "results that cannot be written: one sentence, whatever the verb",
  async () => {
    await save(ONE, "Needle", ["needle"]);
    for (const line of PRINTING) {
      const full = openSync("/dev/full", "w");
      const { status, stderr } = spawnSync(
        process.execPath,
        [COMMAND, "--store", directory, ...line.split(" ")],
        {
          stdio: ["ignore", full, "pipe"],
          encoding: "utf8",
        },
      );
      closeSync(full);
      const lines = stderr.trimEnd().split("\n");
      expect([line, status, lines.length]).toEqual([line, 1, 1]);
      expect(lines[0]).toContain("Cannot write standard output: the disk is full.");
    }
  },
);

test.runIf(existsSync("/dev/full"))("where nothing can be told either, the exit code still tells", () => {
  const full = openSync("/dev/full", "w");
  const { status } = spawnSync(process.execPath, [COMMAND, "--store", directory, "show", "9999"], {
    stdio: ["ignore", "pipe", full],
  });
  closeSync(full);
  expect(status).toBe(3);
});

test("restore latest says that the latest is not in the trash, and what to do", async () => {
  await save(ONE, "First", ["x"]);
  const { code, err } = run(directory, "restore", "latest");
  expect(code).toBe(2);
  expect(err).toContain("not in the trash");
  expect(err).not.toContain('or "latest"');
});

test.skipIf(process.platform === "win32")(
  "a directory that was deleted is called so, by whatever needs it",
  () => {
    const gone = join(base, "gone");
    mkdirSync(gone);
    const inGone = (...args: readonly string[]) =>
      spawnSync(
        "sh",
        ["-c", `cd "$1" && rmdir "$1" && shift && exec "$@"`, "sh", gone, process.execPath, COMMAND, ...args],
        {
          encoding: "utf8",
        },
      );
    for (const args of [
      ["--store", directory, "list", "--workspace"],
      ["--store", "relative", "list"],
      ["--store", directory, "search", "x", "--workspace"],
    ]) {
      if (!existsSync(gone)) mkdirSync(gone);
      const { status, stderr } = inGone(...args);
      expect([args, status]).toEqual([args, 2]);
      expect(stderr).toContain("The directory that you are in was deleted");
    }
    if (existsSync(gone)) rmdirSync(gone);
    mkdirSync(gone);
    expect(inGone("--store", directory, "list").status).toBe(0);
  },
);

test("a part of a model's name is enough, also within a project and with a limit", async () => {
  const project = join(base, "project");
  mkdirSync(project);
  const model = (name: string) => ({ workspacePath: project, metadata: { title: name, model: name } });
  await save(ONE, null, ["x"], model("claude-opus-4-6"));
  await save(crypto.randomUUID(), null, ["x"], model("gpt-5"));
  await save(crypto.randomUUID(), null, ["x"], model("claude-Opus-5"));
  const titles = (...args: readonly string[]) =>
    runJson(directory, "list", "-m", ...args).json.sessions.map(
      (session) => "title" in session && session.title,
    );
  expect(titles("opus")).toEqual(["claude-Opus-5", "claude-opus-4-6"]);
  expect(titles("OPUS", "--workspace", project)).toEqual(["claude-Opus-5", "claude-opus-4-6"]);
  expect(titles("opus", "--limit", "1")).toEqual(["claude-Opus-5"]);
  expect(titles("haiku")).toEqual([]);
});

test("colours in what is stored are no signs in titles and finds", async () => {
  await save(ONE, null, ["look \u001b[31mred\u001b[0m plain needle"]);
  for (const args of [["list"], ["search", "needle"], ["show", ONE], ["export", ONE, "--format", "md"]])
    expect(run(directory, ...args).out).not.toMatch(/\[31m|\[0m|␛/);
  expect(run(directory, "list").out).toContain("look red plain needle");
});

test("an export asks before it replaces, and prices that are not there are said to be so", async () => {
  await save(ONE, "First", ["x"]);
  const file = join(base, "out.md");
  writeFileSync(file, "mine");
  expect(run(directory, "export", ONE, "--format", "md", "-o", file)).toMatchObject({ code: 2 });
  expect(readFileSync(file, "utf8")).toBe("mine");
  expect(run(directory, "stats", "--prices", "/nowhere").err).toContain("/nowhere: there is no such file.");
});
