import {
  close,
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  chmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  read,
  readSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  write,
  writeSync,
  type BigIntStats,
} from "node:fs";
import { rename, unlink } from "node:fs/promises";
import type { Disk, DiskFile, FileStat, Step, Unlock } from "./disk.ts";
import { SqliteLocks } from "./sqlite-lock.ts";

const isWindows = process.platform === "win32";
// Windows has no O_NOFOLLOW; the constant is undefined there.
const NO_FOLLOW = (constants.O_NOFOLLOW as number | undefined) ?? 0;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

/** To close, rename or remove a file of so many bytes takes less than to ask a thread for it. */
const SOON_CLOSED = 16 << 20;

/** How often, and how long apart in milliseconds, a rename that a Windows virus scanner holds up is tried again. */
const RENAME_PAUSES = [5, 10, 20, 50, 100, 200, 400, 800];
const HELD_UP = new Set(["EPERM", "EACCES", "EBUSY"]);

/** Codes by which a file system says that it has no hard links; exFAT says EISDIR. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EISDIR"]);

/** The file system of this machine. */
export class RealDisk implements Disk {
  readonly #locks = new SqliteLocks();

  stat(path: string): FileStat | undefined {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? undefined : fileStat(stats);
  }

  openToRead(path: string): DiskFile | undefined {
    return open(path, constants.O_RDONLY | NO_FOLLOW);
  }

  openToAppend(path: string): DiskFile | undefined {
    return open(path, constants.O_RDWR | constants.O_APPEND | NO_FOLLOW);
  }

  create(path: string): DiskFile {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;
    const descriptor = openSync(path, flags, OWNER_ONLY);
    if ((fstatSync(descriptor).mode & 0o777) !== OWNER_ONLY && !isWindows) fchmodSync(descriptor, OWNER_ONLY);
    return new RealFile(path, descriptor);
  }

  list(path: string): string[] | undefined {
    try {
      return readdirSync(path);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  makeDirectory(path: string): boolean {
    try {
      mkdirSync(path, OWNER_ONLY_DIRECTORY);
    } catch (error) {
      if (codeOf(error) === "EEXIST" && lstatSync(path, { throwIfNoEntry: false }) !== undefined)
        return false;
      throw error;
    }
    if (!isWindows && (lstatSync(path).mode & 0o777) !== OWNER_ONLY_DIRECTORY)
      chmodSync(path, OWNER_ONLY_DIRECTORY);
    return true;
  }

  async publish(from: string, to: string, step: Step, how?: "link only"): Promise<boolean> {
    try {
      // A link, unlike a rename, refuses a name that is taken.
      linkSync(from, to);
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      if (!NO_LINKS.has(codeOf(error))) throw error;
      if (how === "link only" || this.stat(to) !== undefined) return false;
      await this.rename(from, to, step);
    }
    return true;
  }

  async rename(from: string, to: string, _step: Step, bytes?: number): Promise<void> {
    const isLarge = (bytes ?? Math.max(sizeOf(from), sizeOf(to))) > SOON_CLOSED;
    for (const pause of RENAME_PAUSES) {
      try {
        await renameNow(from, to, isLarge);
        return;
      } catch (error) {
        if (!isWindows || !HELD_UP.has(codeOf(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    await renameNow(from, to, isLarge);
  }

  async remove(path: string): Promise<void> {
    try {
      const stats = lstatSync(path);
      if (stats.isDirectory()) rmdirSync(path);
      else if (stats.size <= SOON_CLOSED) unlinkSync(path);
      else await unlink(path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows cannot open a directory for a flush; its file system journals names by itself.
    if (isWindows) return;
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await flush(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  lock(path: string, patience: number): Unlock | Promise<Unlock | undefined> {
    return this.#locks.tryLock(path) ?? this.#locks.lock(path, patience);
  }

  closeIdle(): void {
    this.#locks.closeIdle();
  }
}

class RealFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  /** As last seen. */
  #size = Infinity;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  stat(): FileStat {
    const stat = fileStat(fstatSync(this.#descriptor, { bigint: true }));
    this.#size = stat.size;
    return stat;
  }

  readNow(target: Uint8Array, position: number): number {
    return readSync(this.#descriptor, target, 0, target.length, position);
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#descriptor, target, 0, target.length, position, (error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
    });
  }

  appendNow(bytes: Uint8Array): number {
    return writeSync(this.#descriptor, bytes);
  }

  append(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#descriptor, bytes, (error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
    });
  }

  overwrite(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, position + done);
    }
  }

  truncate(size: number): void {
    ftruncateSync(this.#descriptor, size);
  }

  sync(): Promise<void> {
    return flush(this.#descriptor);
  }

  close(): void {
    // The system may take long to let go of a large file that has lost its name; nobody waits for it.
    if (this.#size > SOON_CLOSED) close(this.#descriptor, () => undefined);
    else closeSync(this.#descriptor);
  }
}

/** fdatasync; on macOS Node issues F_FULLFSYNC for it, on Windows FlushFileBuffers. */
function flush(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function open(path: string, flags: number): DiskFile | undefined {
  try {
    return new RealFile(path, openSync(path, flags));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The system may take long to give a large file its name; nobody waits for that but the caller. */
async function renameNow(from: string, to: string, isLarge: boolean): Promise<void> {
  if (isLarge) await rename(from, to);
  else renameSync(from, to);
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function fileStat(stats: BigIntStats): FileStat {
  const kind = stats.isFile()
    ? "file"
    : stats.isDirectory()
      ? "directory"
      : stats.isSymbolicLink()
        ? "link"
        : "other";
  return { kind, inode: stats.ino, size: Number(stats.size), modified: stats.mtimeNs };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "";
}
