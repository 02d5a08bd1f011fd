import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { CommandError, EXIT } from "../exit-code.ts";
import { cannotWrite } from "./cannot-write.ts";
import { counted } from "./units.ts";

/**
 * Makes sure that what is there already may be replaced: on a terminal a person is asked.
 * @throws {CommandError} when it may not.
 */
export async function mayReplace(paths: readonly string[], force: boolean): Promise<void> {
  if (force) return;
  const there: string[] = [];
  // What is no regular file (a pipe, a device) is written to, and stays.
  for (const path of paths)
    if (
      await stat(path).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      there.push(path);
  const [first] = there;
  if (first === undefined) return;
  const what =
    there.length === 1 ? `${first} is` : `${first} and ${counted(there.length - 1, "other file")} are`;
  if (process.stdin.isTTY && process.stderr.isTTY) {
    const { createInterface } = await import("node:readline/promises");
    const asking = createInterface({ input: process.stdin, output: process.stderr });
    // Who leaves (Ctrl-D) says no.
    const left = new Promise<string>((resolve) => asking.once("close", () => resolve("")));
    const answer = await Promise.race([asking.question(`${what} there already. Replace? [y/N] `), left]);
    asking.close();
    if (/^y(es)?$/i.test(answer.trim())) return;
    throw new CommandError("OUTPUT_EXISTS", EXIT.usage, "Nothing was written.");
  }
  throw new CommandError("OUTPUT_EXISTS", EXIT.usage, `${what} there already: --force replaces.`);
}

/** For the owner's eyes only, like the store's own files. What is no regular file (a pipe, a device) stays what it is. */
export async function writeWhole(
  path: string,
  text: AsyncIterable<string | Buffer> | Iterable<string>,
): Promise<void> {
  // Behind a symbolic link is the file that is meant.
  const target = await realpath(path).catch(() => path);
  const isStream = await stat(target).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  );
  const written = isStream ? target : `${target}.${process.pid}.tmp`;
  try {
    const file = await open(written, isStream ? "w" : "wx", 0o600);
    try {
      for await (const piece of text) await file.writeFile(piece);
      if (!isStream) await file.sync();
    } finally {
      await file.close();
    }
    if (!isStream) await rename(written, target);
  } catch (error) {
    // A file that another process is writing is not ours to remove.
    if (!isStream && (error as NodeJS.ErrnoException).code !== "EEXIST") await rm(written, { force: true });
    throw cannotWrite(path, error);
  }
}
