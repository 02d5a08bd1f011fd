import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { GitState } from "../session/head.ts";
import { gitDirectory, type GitDirectory } from "./git-directory.ts";
import { isOwnPath } from "./own-path.ts";

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
/** A symbolic ref may name another; git itself follows five. */
const MOST_INDIRECTIONS = 5;

/**
 * The branch and commit that are checked out at `path` or above it, read from git's own files: no process is started
 * and nothing blocks. `null` where there is no repository, or none that can be read. Never throws.
 */
export async function captureGitState(path: string): Promise<GitState | null> {
  if (!isOwnPath(path)) return null;
  try {
    const git = await findGitDirectory(resolve(path));
    if (git === undefined) return null;
    const head = (await readFile(join(git.own, "HEAD"), "utf8")).trim();
    if (COMMIT.test(head)) return { branch: null, commit: head };
    const ref = symbolicRef(head);
    // With the reftable format, HEAD is a placeholder and the refs are in a binary file.
    if (ref === undefined || ref === "refs/heads/.invalid") return null;
    return { branch: ref.replace(/^refs\/heads\//, ""), commit: await commitOf(git, ref) };
  } catch {
    return null;
  }
}

async function findGitDirectory(start: string): Promise<GitDirectory | undefined> {
  for (let directory = start; ; directory = dirname(directory)) {
    const git = await gitDirectory(directory);
    if (git !== undefined || dirname(directory) === directory) return git;
  }
}

/** The commit that a ref names; `null` for a branch without a commit. */
async function commitOf(git: GitDirectory, ref: string): Promise<string | null> {
  for (let name = ref, step = 0; step < MOST_INDIRECTIONS; step++) {
    const loose = await looseRef(git, name);
    if (loose === undefined) return packedRef(git, name);
    if (COMMIT.test(loose)) return loose;
    const next = symbolicRef(loose);
    if (next === undefined) return null;
    name = next;
  }
  return null;
}

async function looseRef(git: GitDirectory, ref: string): Promise<string | undefined> {
  for (const directory of new Set([git.own, git.common])) {
    const text = await readFile(join(directory, ref), "utf8").catch(() => undefined);
    if (text !== undefined) return text.trim();
  }
  return undefined;
}

async function packedRef(git: GitDirectory, ref: string): Promise<string | null> {
  const text = await readFile(join(git.common, "packed-refs"), "utf8").catch(() => "");
  const end = text.indexOf(` ${ref}\n`);
  if (end < 0) return null;
  const commit = text.slice(text.lastIndexOf("\n", end) + 1, end);
  return COMMIT.test(commit) ? commit : null;
}

/** The ref in `ref: refs/…`, unless it would lead out of the git directory. */
function symbolicRef(text: string): string | undefined {
  const ref = /^ref: *(refs\/.+)$/.exec(text)?.[1];
  return ref === undefined || ref.split(/[/\\]/).includes("..") ? undefined : ref;
}
