import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { SHAPES, wholeSchema } from "../../scripts/cli-shapes.mjs";
import { commandsNamed } from "../../src/cli/verbs.ts";
import { base, directory, ONE, save, TWO } from "../cli/place.ts";
import { run } from "../cli/run.ts";

const ROOT = resolve(import.meta.dirname, "../..");

test("docs/cli.md and docs/cli.schema.json say what the commands, exit codes and shapes are", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts/cli-docs.mjs"), "--check"], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
});

/** What no result is documented for: they write files or a protocol, or are only for PostgreSQL (test/postgres). */
const OTHERWISE = ["export", "mcp"];

test("every command that prints JSON has a shape", async () => {
  const named = new Set(Object.keys(SHAPES).map((name) => name.split(" ", 1)[0]));
  const commands = (await commandsNamed([])).map((command) => command.name());
  expect(commands.filter((name) => !named.has(name))).toEqual(OTHERWISE);
});

/** Whether a result is as docs/cli.schema.json says, by a schema reader that is not ours. */
function problemsOf(shape: string, value: unknown): string {
  const whole = { ...wholeSchema(), $ref: `#/$defs/${shape}` };
  const { error } = z
    .fromJSONSchema(whole as unknown as Parameters<typeof z.fromJSONSchema>[0])
    .safeParse(value);
  return error === undefined ? "" : `${shape}: ${z.prettifyError(error)} in ${JSON.stringify(value)}`;
}

// view, resume, give-back, sync and what is only for PostgreSQL are tested where there is something for them to do.
test("what the commands print is what docs/cli.schema.json says", async () => {
  await save(ONE, "The login page", ["Mend the login page", "Thanks"]);
  await save(TWO, null, ["Bake bread"], { parentId: ONE });
  const problems: string[] = [];
  const check = (shape: string, ...args: readonly string[]): void => {
    const { out, err } = run(directory, ...args, "--json");
    try {
      const text = shape.startsWith("an error") ? err : out;
      const values = shape.includes("line)") ? text.trim().split("\n") : [text];
      const value = values[shape.includes("further") ? 1 : 0] ?? "";
      problems.push(problemsOf(shape, JSON.parse(value)));
    } catch (error) {
      problems.push(`${args.join(" ")}: ${String(error)}: ${out}${err}`);
    }
  };
  check("list", "list", "--all");
  check("show (first line)", "show", ONE);
  check("show (each further line)", "show", ONE);
  check("search", "search", "login");
  check("list --budget", "list", "--budget", "1000");
  check("show --budget", "show", ONE, "--budget", "1000");
  check("search --budget", "search", "login", "--budget", "1000");
  check("stats", "stats", "--by", "session");
  check("workspaces", "workspaces");
  check("handoff", "handoff", ONE);
  check("fork", "fork", ONE, "--at", "1");
  check("rewind", "rewind", ONE, "--last", "1");
  check("undo", "undo", ONE);
  check("compact", "compact", ONE, "--summary", "A login page.", "--keep", "1");
  check("rename", "rename", ONE, "Another title");
  check("tag", "tag", ONE, "work");
  check("pin", "pin", ONE);
  check("archive", "archive", TWO);
  check("relink", "relink", "/old", "/new");
  check("vacuum", "vacuum", ONE, "--before-revision", "2", "--dry-run");
  check("move-project", "move-project", "/old of nobody", "/new");
  check("du", "du", "--content");
  check("doctor", "doctor");
  check("doctor --secrets", "doctor", "--secrets");
  check("redact", "redact", ONE, "--also", "Thanks");
  check("pack --dry-run", "pack", "--resting", "0d", "--dry-run");
  check("pack", "pack", ONE);
  check("list", "list", "--all");
  check("doctor", "doctor");
  check("checkpoint", "checkpoint", ONE);
  check("path", "path");
  check("copy", "copy", directory, `${directory}-copy`);
  check("cleanup", "cleanup", "--older-than", "1d", "--dry-run");
  check("rm", "rm", TWO);
  check("trash", "trash");
  check("cleanup --log", "cleanup", "--log");
  check("restore", "restore", TWO);
  check("trash empty", "trash", "empty");
  check("completion", "completion", "bash");
  const sample = join(ROOT, "test/fixtures");
  check("import", "import", sample);
  // Of this machine's agents nothing is read.
  vi.stubEnv("HOME", base);
  check("sync --status", "sync", "--status");
  check("an error (a line on standard error)", "show", "ffff");
  vi.unstubAllEnvs();
  expect(problems.filter((problem) => problem !== "")).toEqual([]);
});
