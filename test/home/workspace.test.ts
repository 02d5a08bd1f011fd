import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { Workspace } from "../../src/home/workspace.ts";
import { InvalidWorkspaceIdError, StorageError } from "../../src/session/errors/errors.ts";
import { git, testWithGit } from "./git.ts";

const ID = "1a2b3c4d-0000-4000-8000-000000000000";
let base: string;
let env: { HOME: string };

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "astrid-workspace-")));
  env = { HOME: base };
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function directory(...parts: string[]): string {
  const path = join(base, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
}

test("the nearest directory with a mark is the workspace", async () => {
  const outer = directory("outer");
  mkdirSync(join(outer, ".git"));
  const inner = directory("outer", "packages", "inner");
  const deep = directory("outer", "packages", "inner", "src", "deep");
  expect((await Workspace.detect(deep, env)).root).toBe(outer);
  writeFileSync(join(inner, "ASTRID.md"), "# inner");
  expect((await Workspace.detect(deep, env)).root).toBe(inner);
  mkdirSync(join(deep, ".astrid"));
  expect((await Workspace.detect(deep, env)).root).toBe(deep);
});

test("without a mark it is the start directory, whether that exists or not", async () => {
  const plain = directory("plain", "sub");
  expect((await Workspace.detect(plain, env)).root).toBe(plain);
  expect((await Workspace.detect(join(plain, "gone"), env)).root).toBe(join(plain, "gone"));
});

test("a file named .astrid is no mark", async () => {
  const plain = directory("plain", "sub");
  writeFileSync(join(base, "plain", ".astrid"), "");
  expect((await Workspace.detect(plain, env)).root).toBe(plain);
});

test("Astrid's own home does not make the user's home a workspace for every project", async () => {
  directory(".astrid", "sessions");
  const project = directory("project");
  expect((await Workspace.detect(project, env)).root).toBe(project);

  const elsewhere = directory("data");
  symlinkSync(directory("store"), join(elsewhere, ".astrid"));
  const below = directory("data", "project");
  const found = await Workspace.detect(below, {
    ...env,
    ASTRID_HOME: join(elsewhere, ".astrid"),
  });
  expect(found.root).toBe(below);
});

test("an id is adopted, and reading creates nothing", async () => {
  const project = directory("project");
  mkdirSync(join(project, ".git"));
  expect((await Workspace.detect(project, env)).id).toBeUndefined();
  expect(readdirSync(project)).toEqual([".git"]);

  mkdirSync(join(project, ".astrid"));
  writeFileSync(join(project, ".astrid", "workspace-id"), `${ID.toUpperCase()}\n`);
  const workspace = await Workspace.detect(project, env);
  expect(workspace.id).toBe(ID);
  expect(await workspace.ensureId()).toBe(ID);
});

test("an id is created only when asked for, for the owner only, and stays", async () => {
  const project = directory("project");
  const umask = process.umask(0);
  let id: string;
  try {
    id = await (await Workspace.detect(project, env)).ensureId();
  } finally {
    process.umask(umask);
  }
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(statSync(join(project, ".astrid")).mode & 0o777).toBe(0o700);
  expect(statSync(join(project, ".astrid", "workspace-id")).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(project, ".astrid"))).toEqual(["workspace-id"]);
  expect((await Workspace.detect(project, env)).id).toBe(id);
});

test.each(["", "\0\0\0\0", "not a uuid", `${ID} and more`])(
  "an id file that holds %j is reported and kept",
  async (content) => {
    const file = join(directory("project", ".astrid"), "workspace-id");
    writeFileSync(file, content);
    const workspace = await Workspace.detect(join(base, "project"), env);
    expect(workspace.id).toBeUndefined();
    expect(workspace.idError).toBeInstanceOf(InvalidWorkspaceIdError);
    expect(workspace.idError?.message).toContain(file);
    await expect(workspace.ensureId()).rejects.toThrow(InvalidWorkspaceIdError);
    expect(readFileSync(file, "utf8")).toBe(content);
  },
);

test("an id that cannot be created is a typed error", async () => {
  const project = directory("project");
  writeFileSync(join(project, ".astrid"), "a file in the way");
  const workspace = await Workspace.detect(project, env);
  await expect(workspace.ensureId()).rejects.toThrow(StorageError);
});

test("processes that create the id at the same time all get the same one", async () => {
  const project = directory("project");
  const code = `
    import { Workspace } from ${JSON.stringify(new URL("../../src/home/workspace.ts", import.meta.url).href)};
    const workspace = await Workspace.detect(process.argv[1]);
    process.stdin.once("data", async () => { console.log(await workspace.ensureId()); process.exit(); });
    console.log("ready");`;
  const children = Array.from(
    { length: 8 },
    () => new Child(["--input-type=module", "--eval", code, project], { env }),
  );
  await Promise.all(children.map((child) => child.line(/ready/)));
  for (const child of children) child.process.stdin.end("go\n");
  const ids = new Set(await Promise.all(children.map((child) => child.output())));
  expect(ids.size).toBe(1);
  expect([...ids][0]).toBe("ready\n" + readFileSync(join(project, ".astrid", "workspace-id"), "utf8"));
  expect(readdirSync(join(project, ".astrid"))).toEqual(["workspace-id"]);
});

testWithGit("a git work tree shares the id of its main checkout", async () => {
  const main = directory("main");
  git(main, "init", "-q");
  git(main, "commit", "-q", "--allow-empty", "-m", "first");
  git(main, "worktree", "add", "-q", join(base, "linked"));
  const linked = await Workspace.detect(join(base, "linked"), env);
  expect(linked.root).toBe(join(base, "linked"));
  expect(linked.id).toBeUndefined();

  const id = await linked.ensureId();
  expect(existsSync(join(base, "linked", ".astrid"))).toBe(false);
  expect((await Workspace.detect(main, env)).id).toBe(id);
  expect((await Workspace.detect(join(base, "linked"), env)).id).toBe(id);
});

test("a renamed project and one behind a symlink keep their id", async () => {
  const id = await (await Workspace.detect(directory("project"), env)).ensureId();
  renameSync(join(base, "project"), join(base, "renamed"));
  symlinkSync(join(base, "renamed"), join(base, "link"));
  const sub = directory("renamed", "src");
  const workspace = await Workspace.detect(join(base, "link", "src"), env);
  expect(workspace.id).toBe(id);
  expect(workspace.root).toBe(join(base, "link"));
  expect(workspace.realPath).toBe(join(base, "renamed"));
  expect((await Workspace.detect(sub, env)).root).toBe(join(base, "renamed"));
});
