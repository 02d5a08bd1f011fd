import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { captureGitState } from "../../src/home/git-state.ts";
import { git, testWithGit } from "./git.ts";

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "astrid-git-"));
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function repository(): { root: string; commit: string } {
  const root = join(base, "repo");
  mkdirSync(root);
  git(root, "init", "-q", "-b", "feature/one");
  git(root, "commit", "-q", "--allow-empty", "-m", "first");
  return { root, commit: git(root, "rev-parse", "HEAD") };
}

test("no repository: null", async () => {
  expect(await captureGitState(base)).toBeNull();
  expect(await captureGitState(join(base, "gone"))).toBeNull();
  expect(await captureGitState(join(base, "\0"))).toBeNull();
});

testWithGit("branch and commit, from a sub-directory too, with loose and with packed refs", async () => {
  const { root, commit } = repository();
  mkdirSync(join(root, "src"));
  expect(await captureGitState(join(root, "src"))).toEqual({ branch: "feature/one", commit });
  git(root, "pack-refs", "--all");
  expect(await captureGitState(root)).toEqual({ branch: "feature/one", commit });
});

testWithGit("a branch without a commit", async () => {
  git(base, "init", "-q", "-b", "main");
  expect(await captureGitState(base)).toEqual({ branch: "main", commit: null });
});

testWithGit("a detached head", async () => {
  const { root, commit } = repository();
  git(root, "checkout", "-q", "--detach");
  expect(await captureGitState(root)).toEqual({ branch: null, commit });
});

testWithGit("a linked work tree has its own branch", async () => {
  const { root, commit } = repository();
  git(root, "worktree", "add", "-q", "-b", "other", join(base, "linked"));
  git(root, "pack-refs", "--all");
  expect(await captureGitState(join(base, "linked"))).toEqual({ branch: "other", commit });
});

testWithGit.each(["", "\0\0\0", "ref: refs/heads/../../../secret", "ref: /etc/passwd", "nonsense"])(
  "a HEAD that holds %j never throws",
  async (head) => {
    const { root } = repository();
    writeFileSync(join(root, ".git", "HEAD"), head);
    expect(await captureGitState(root)).toBeNull();
  },
);

test("a .git file that leads nowhere never throws", async () => {
  writeFileSync(join(base, ".git"), "gitdir: /nowhere/at/all\n");
  expect(await captureGitState(base)).toBeNull();
});
