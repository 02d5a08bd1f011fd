import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

const ID = "1a2b3c4d-0000-4000-8000-000000000000";
const [ONE, TWO, THREE] = ["aaaa1111", "bbbb2222", "cccc3333"].map(
  (start) => `${start}-0000-4000-8000-000000000000`,
);

async function stored(): Promise<{ directory: string; project: string }> {
  const directory = temporaryDirectory();
  const project = join(temporaryDirectory(), "project");
  mkdirSync(join(project, ".astrid"), { recursive: true });
  writeFileSync(join(project, ".astrid", "workspace-id"), ID);
  await using store = new SessionStore(directory);
  await store.save(new AgentSession({ id: ONE, workspacePath: "C:\\work\\app" }));
  await store.save(new AgentSession({ id: TWO, workspacePath: "/gone/app/src" }));
  await store.save(new AgentSession({ id: THREE, workspacePath: project }));
  return { directory, project };
}

test("workspaces are listed with what there is of them, and whether they are there", async () => {
  const { directory, project } = await stored();
  const { out, code } = run(directory, "workspaces");
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^ +USED +SESSIONS +MESSAGES +SIZE +STATE +WORKSPACE$/);
  expect(lines.slice(1).map((line) => line.replace(/^.*(there|gone|unknown) +/, "$1 "))).toEqual([
    `there ${project}`,
    "gone /gone/app/src",
    "unknown C:\\work\\app",
  ]);
  expect(runJson(directory, "workspaces").json).toMatchObject({
    store: directory,
    workspaces: [
      { id: ID, path: project, sessionCount: 1, exists: true },
      { exists: false },
      { exists: null },
    ],
  });
  expect(run(temporaryDirectory(), "workspaces")).toMatchObject({ code: 0, out: "" });
});

test("relink moves sessions of another system, and what lies below; a dry run changes nothing", async () => {
  const { directory, project } = await stored();
  expect(runJson(directory, "relink", "/gone/app", project, "--dry-run").json).toEqual({
    dryRun: true,
    sessions: [{ id: TWO, from: "/gone/app/src", to: join(project, "src") }],
  });
  expect(runJson(directory, "list", "--workspace", project).json.sessions).toHaveLength(1);
  expect(run(directory, "relink", "/gone/app", project)).toMatchObject({
    code: 0,
    out: `${TWO}  /gone/app/src → ${join(project, "src")}\n`,
    err: "Relinked 1 session.\n",
  });
  expect(runJson(directory, "list", "--workspace", "C:\\work\\app").json.sessions).toMatchObject([
    { id: ONE },
  ]);
  expect(run(directory, "relink", "C:\\work\\app", project).code).toBe(0);
  expect(runJson(directory, "list", "--workspace", project).json.sessions).toHaveLength(3);
  expect(run(directory, "relink", "/gone/app").code).toBe(2);
  expect(run(directory, "relink", "--help").out).toContain("relink ~/old-name ~/new-name");
});

test("search --workspace finds in every work tree and folder of the project, as list does, and nowhere else", async () => {
  const directory = temporaryDirectory();
  const [main, linked] = [join(temporaryDirectory(), "main"), join(temporaryDirectory(), "linked")];
  const own = join(main, ".git", "worktrees", "linked");
  for (const folder of [own, linked, join(main, "deep")]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(own, "commondir"), "../..\n");
  writeFileSync(join(linked, ".git"), `gitdir: ${own}\n`);
  {
    await using store = new SessionStore(directory);
    for (const [id, workspacePath] of [
      [ONE, main],
      [TWO, linked],
      [THREE, "/elsewhere"],
    ] as const)
      await store.save(new AgentSession({ id, workspacePath, messages: [Message.user("a needle")] }));
  }
  for (const place of [main, linked, join(main, "deep")]) {
    const { hits } = runJson(directory, "search", "needle", "--workspace", place).json as unknown as {
      hits: { id: string }[];
    };
    expect(new Set(hits.map(({ id }) => id))).toEqual(new Set([ONE, TWO]));
  }
});
