import { spawnSync } from "node:child_process";
import { test } from "vitest";

const found = spawnSync("git", ["--version"]).status === 0;

/** A test that needs the `git` command. */
export const testWithGit = test.skipIf(!found);

/** Runs git in a directory and returns what it prints. */
export function git(cwd: string, ...args: string[]): string {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const ran = spawnSync("git", [...identity, ...args], { cwd, encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`git ${args.join(" ")}: ${ran.stderr}`);
  return ran.stdout.trim();
}
