import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession } from "../../src/session/agent-session.ts";
import { SessionStore } from "../../src/store/session-store.ts";
import { isOwnPath } from "../../src/home/own-path.ts";
import { git, testWithGit } from "../home/git.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";

testWithGit(
  "a session of another system takes neither id nor git state of where the process runs",
  async () => {
    const project = temporaryDirectory();
    mkdirSync(join(project, ".astrid"));
    writeFileSync(join(project, ".astrid", "workspace-id"), "1a2b3c4d-0000-4000-8000-000000000000");
    git(project, "init", "-q");
    const before = process.cwd();
    process.chdir(project);
    try {
      const path = process.platform === "win32" ? "/home/me/app" : "C:\\work\\app";
      const session = new AgentSession({ workspacePath: path });
      await new SessionStore("memory:").save(session);
      expect([session.workspaceId, session.gitState]).toEqual([null, null]);
    } finally {
      process.chdir(before);
    }
  },
);

test("which paths can lead anywhere on this machine", () => {
  const unix = [
    "/home/me",
    "/",
    "relative",
    "./a",
    "C:",
    "a:b",
    "C:\\x",
    "C:/x",
    "\\\\wsl$\\U\\home",
    "//host/a",
  ];
  const own = (platform: NodeJS.Platform): string[] => unix.filter((path) => isOwnPath(path, platform));
  expect(own("linux")).toEqual(["/home/me", "/", "relative", "./a", "a:b", "//host/a"]);
  expect(own("win32")).toEqual(unix.slice(2));
  for (const platform of ["linux", "win32"] as const)
    expect(isOwnPath("vscode-remote://wsl+ubuntu/home/me", platform)).toBe(false);
});
