import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { movedText } from "../../src/importers/move-project/path-text.ts";
import { run, runJson } from "../cli/run.ts";
import { agentHome, claudeLine, id } from "./home.ts";
import { COMMAND } from "../command.ts";

const place = agentHome();

interface Project {
  readonly from: string;
  readonly to: string;
}

function encoded(path: string): string {
  return path.replace(/[^A-Za-z0-9-]/g, "-");
}

function folderOf(path: string): string {
  return join(place.home, ".claude/projects", encoded(path));
}

/** A transcript of Claude Code that was written in a directory. */
function transcript(session: string, cwd: string, folder = encoded(cwd)): void {
  const record = { ...(JSON.parse(claudeLine(session, 0, "hello")) as object), cwd };
  place.write(`.claude/projects/${folder}/${session}.jsonl`, `${JSON.stringify(record)}\n`);
}

/** A project that has moved, and agents that have not heard of it. */
function moved(): Project {
  const [from, to] = [join(place.home, "work/app"), join(place.home, "work/new.app")];
  transcript(id(1), from);
  transcript(id(2), `${from}/packages/a`);
  transcript(id(3), `${from}-2`);
  const servers = { files: { command: `${from}/bin/mcp`, args: ["--root", from] } };
  const projects = { [from]: { mcpServers: servers }, [`${from}-2`]: {} };
  place.write(".claude.json", `${JSON.stringify({ projects, untouched: "ü" }, undefined, 4)}\n`);
  place.write(".codex/config.toml", `# mine\n[projects."${from}"]\ntrust_level = "trusted"\n`);
  place.write(".gemini/projects.json", JSON.stringify({ projects: { [from]: "app" } }));
  const header = { type: "session", version: 3, id: id(4), timestamp: "2026-01-01T00:00:00Z", cwd: from };
  place.write(`.pi/agent/sessions/${piFolder(from)}/a.jsonl`, `${JSON.stringify(header)}\n`);
  mkdirSync(join(place.home, ".local/share/goose/sessions"), { recursive: true });
  const goose = new DatabaseSync(goosePath());
  goose.exec("CREATE TABLE sessions (id TEXT, working_dir TEXT)");
  for (const path of [from, `${from}/sub`, `${from}-2`])
    goose.prepare("INSERT INTO sessions VALUES ('x', ?)").run(path);
  goose.close();
  mkdirSync(to, { recursive: true });
  place.write(
    "work/new.app/.mcp.json",
    JSON.stringify({ mcpServers: { x: { command: `node ${from}/x.js` } } }),
  );
  return { from, to };
}

function piFolder(path: string): string {
  return `--${path.slice(1).replaceAll("/", "-")}--`;
}

function goosePath(): string {
  return join(place.home, ".local/share/goose/sessions/sessions.db");
}

/** Everything below a home, by its path. */
function everything(): Record<string, string> {
  const files = readdirSync(place.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".astrid") && !entry.name.endsWith(".db"))
    .map(({ parentPath, name }) => join(parentPath, name));
  const rows = existsSync(goosePath()) ? JSON.stringify(workingDirs()) : "";
  return Object.fromEntries([
    ...files.map((path) => [path, readFileSync(path, "utf8")] as const),
    ["goose", rows],
  ]);
}

function workingDirs(): unknown[] {
  const goose = new DatabaseSync(goosePath(), { readOnly: true });
  try {
    return goose
      .prepare("SELECT working_dir FROM sessions")
      .all()
      .map((row) => row["working_dir"]);
  } finally {
    goose.close();
  }
}

test("a dry run shows each place, and changes nothing", () => {
  const { from, to } = moved();
  const before = everything();
  const { code, json } = runJson(place.store, "move-project", from, to);
  expect(code).toBe(0);
  expect(json).toMatchObject({
    done: false,
    refused: [],
    folders: [
      { agent: "claude-code", from: folderOf(from), to: folderOf(to) },
      { agent: "claude-code", from: folderOf(`${from}/packages/a`), to: folderOf(`${to}/packages/a`) },
      { agent: "pi" },
    ],
    rows: [{ agent: "goose", table: "sessions", column: "working_dir", count: 2 }],
  });
  expect(json.files).toMatchObject([
    { path: join(place.home, ".claude.json"), count: 3 },
    { path: join(place.home, ".codex/config.toml"), count: 1 },
    { path: join(place.home, ".gemini/projects.json"), count: 1 },
    { path: join(to, ".mcp.json"), count: 1 },
  ]);
  const shown = run(place.store, "move-project", from, to);
  expect(shown.err).toContain(
    `To undo it then: mv '${to}' '${from}' && astrid-sessions move-project '${to}' '${from}' --yes`,
  );
  expect(everything()).toEqual(before);
  expect(existsSync(join(place.home, ".astrid"))).toBe(false);
});

test("--yes puts the new path everywhere; the undo brings everything back byte for byte", () => {
  const { from, to } = moved();
  const before = everything();
  chmodSync(join(place.home, ".claude.json"), 0o640);
  expect(run(place.store, "move-project", from, to, "--yes").code).toBe(0);
  expect(existsSync(folderOf(from))).toBe(false);
  expect(existsSync(join(folderOf(`${to}/packages/a`), `${id(2)}.jsonl`))).toBe(true);
  expect(existsSync(folderOf(`${from}-2`))).toBe(true);
  const settings = readFileSync(join(place.home, ".claude.json"), "utf8");
  expect(settings).toContain(`"${to}/bin/mcp"`);
  expect(settings).toContain(`"${from}-2"`);
  expect(statSync(join(place.home, ".claude.json")).mode & 0o777).toBe(0o640);
  expect(readFileSync(join(place.home, ".codex/config.toml"), "utf8")).toContain(`[projects."${to}"]`);
  expect(workingDirs()).toEqual([to, `${to}/sub`, `${from}-2`]);
  expect(run(place.store, "move-project", from, to, "--yes").err).toContain("No agent keeps");
  renameSync(to, from);
  expect(run(place.store, "move-project", to, from, "--yes").code).toBe(0);
  renameSync(from, to);
  // The project's own file is where the undo had it.
  expect(everything()).toEqual(before);
});

test("a rule that does not fit a folder is refused, unless the folder is named", () => {
  const { from, to } = moved();
  transcript(id(5), "/elsewhere", "-of-another-name");
  const odd = join(place.home, ".claude/projects/-of-another-name");
  const before = everything();
  expect(run(place.store, "move-project", from, to)).toMatchObject({ code: 2 });
  const { code, err } = run(place.store, "move-project", from, to, "--yes");
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(odd) as string });
  expect(everything()).toEqual(before);
  expect(run(place.store, "move-project", from, to, "--yes", "--except", odd).code).toBe(0);
});

test("what is in the way, or makes no sense, is refused and nothing is changed", () => {
  const { from, to } = moved();
  transcript(id(6), to);
  const before = everything();
  expect(run(place.store, "move-project", from, to, "--yes")).toMatchObject({
    code: 2,
    err: expect.stringContaining("is there already") as string,
  });
  expect(run(place.store, "move-project", from, from).code).toBe(2);
  expect(run(place.store, "move-project", from, `${from}/sub`).code).toBe(2);
  rmSync(to, { recursive: true });
  expect(run(place.store, "move-project", from, to, "--yes").err).toContain("is no directory");
  expect({ ...everything(), [join(to, ".mcp.json")]: before[join(to, ".mcp.json")] }).toEqual(before);
});

test("a list of settings that is a link stays one", () => {
  const { from, to } = moved();
  const [path, real] = [join(place.home, ".claude.json"), join(place.home, "dotfiles.json")];
  renameSync(path, real);
  symlinkSync(real, path);
  expect(run(place.store, "move-project", from, to, "--yes").code).toBe(0);
  expect(readFileSync(real, "utf8")).toContain(to);
  expect(
    readdirSync(place.home, { withFileTypes: true })
      .find(({ name }) => name === ".claude.json")
      ?.isSymbolicLink(),
  ).toBe(true);
});

test("killed at any moment, each place has the one path or the other, and done again it is whole", async () => {
  const { from, to } = moved();
  const before = everything();
  for (let index = 0; index < 8; index++) {
    const child = spawn(process.execPath, [COMMAND, "move-project", from, to, "--yes"], { stdio: "ignore" });
    const ended = once(child, "exit");
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 150 + index * 40))]);
    child.kill("SIGKILL");
    await ended;
    for (const name of [".claude.json", ".gemini/projects.json"])
      expect(() => JSON.parse(readFileSync(join(place.home, name), "utf8")) as unknown).not.toThrow();
  }
  const rest = run(place.store, "move-project", from, to, "--yes");
  expect(rest.code, rest.err).toBe(0);
  renameSync(to, from);
  expect(run(place.store, "move-project", to, from, "--yes").code).toBe(0);
  renameSync(from, to);
  // A kill may leave what stood beside the file that it was for.
  const after = Object.entries(everything()).filter(([path]) => !path.endsWith(".tmp"));
  expect(Object.fromEntries(after)).toEqual(before);
});

test("a path is replaced where it stands as a path, and nowhere else", () => {
  const move = { from: "/p/app", to: "/q" };
  const cases = [
    ['"/p/app"', '"/q"', 1],
    ["/p/app/x /p/app", "/q/x /q", 2],
    ["/p/app-2 /p/app.bak /p/apple x/p/app", "/p/app-2 /p/app.bak /p/apple x/p/app", 0],
    ["in /p/app. And", "in /q. And", 1],
    ["--root=/p/app,/p/app:ro", "--root=/q,/q:ro", 2],
    ["/p/app/p/app", "/q/p/app", 1],
  ] as const;
  for (const [text, expected, count] of cases)
    expect(movedText(text, move), text).toEqual({ text: expected, count });
});
