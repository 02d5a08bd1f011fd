import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** Where the parts of a git repository are, for one work tree. */
export interface GitDirectory {
  /** Holds this work tree's `HEAD`. */
  readonly own: string;
  /** Holds the refs; the same as `own` unless this is a linked work tree (`git worktree add`). */
  readonly common: string;
  /** The main work tree, when this is a linked one of it and the repository is not bare. */
  readonly mainWorkTree: string | undefined;
}

/** The git directory of the work tree whose root is `root`, or `undefined` when there is none. Never throws. */
export async function gitDirectory(root: string): Promise<GitDirectory | undefined> {
  try {
    const dotGit = join(root, ".git");
    if ((await stat(dotGit)).isDirectory()) return { own: dotGit, common: dotGit, mainWorkTree: undefined };
    // A linked work tree or a submodule: a file that says where the directory is.
    const named = /^gitdir: (.+?)\r?\n?$/.exec(await readFile(dotGit, "utf8"))?.[1];
    if (named === undefined) return undefined;
    const own = resolve(root, named);
    const commonFile = await readFile(join(own, "commondir"), "utf8").catch(() => undefined);
    if (commonFile === undefined) return { own, common: own, mainWorkTree: undefined };
    const common = resolve(own, commonFile.trimEnd());
    return { own, common, mainWorkTree: basename(common) === ".git" ? dirname(common) : undefined };
  } catch {
    return undefined;
  }
}
