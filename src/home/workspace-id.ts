import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InvalidWorkspaceIdError, StorageError, type ErrorCode } from "../session/errors/errors.ts";
import { isSessionId } from "../session/session-id.ts";

/** The file that links a project to its sessions. */
export function workspaceIdFile(root: string): string {
  return join(root, ".astrid", "workspace-id");
}

/**
 * The id in the file, lower-cased; `undefined` when there is no file.
 * @throws {InvalidWorkspaceIdError} when it cannot be read or holds anything but a UUID.
 */
export async function readWorkspaceId(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new InvalidWorkspaceIdError(path, `it cannot be read (${code ?? String(error)})`, { cause: error });
  }
  const id = text.trim().toLowerCase();
  if (isSessionId(id)) return id;
  throw new InvalidWorkspaceIdError(
    path,
    text === "" ? "it is empty" : `it begins with ${JSON.stringify(text.slice(0, 50))}`,
  );
}

/**
 * Creates the file unless it is there, and returns the id that is in it then. However many processes do so at once,
 * all return the same id, and it is on disk.
 * @throws {StorageError} when it cannot be created.
 */
export async function createWorkspaceId(path: string): Promise<string> {
  try {
    await create(path);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const message = `The workspace id ${path} could not be created (${code}): make its directory writable.`;
    throw new StorageError(storageCodeOf(error), message, "not-stored", { cause: error });
  }
  return settled(path);
}

/** What a failure of the file system is called in our errors. */
export function storageCodeOf(error: unknown): ErrorCode {
  return ERROR_CODES[(error as NodeJS.ErrnoException).code ?? ""] ?? "STORAGE_FAILED";
}

const ERROR_CODES: Readonly<Record<string, ErrorCode>> = {
  EACCES: "PERMISSION_DENIED",
  EPERM: "PERMISSION_DENIED",
  EROFS: "READ_ONLY",
  ENOSPC: "DISK_FULL",
  EDQUOT: "DISK_FULL",
  EMFILE: "TOO_MANY_OPEN_FILES",
  ENFILE: "TOO_MANY_OPEN_FILES",
};

async function create(path: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { mode: 0o700 }).catch(ignoring("EEXIST"));
  const id = crypto.randomUUID();
  const temporary = `${path}.${id}`;
  try {
    await writeDurably(temporary, id);
    // Unlike a rename, a link never replaces what another process put there first.
    await link(temporary, path).catch(async (error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      // A file system without hard links: the exclusive creation decides who is first.
      if (code !== "EEXIST") await writeDurably(path, id).catch(ignoring("EEXIST"));
    });
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(directory);
}

/** The id, once whoever creates the file has written it (see the file system without hard links above). */
async function settled(path: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      const id = await readWorkspaceId(path);
      if (id !== undefined) return id;
      throw new InvalidWorkspaceIdError(path, "it was removed again right after it was created");
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(10);
    }
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return; // Windows cannot open a directory for this.
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function ignoring(code: string): (error: unknown) => void {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
  };
}
