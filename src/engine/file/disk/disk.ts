/**
 * Everything that the file engine asks of a file system. The real one is `RealDisk`; a simulated one can lose what
 * was not synced, fail a call, or leave a step out. Errors are the system's own, with `code` (`ENOSPC`, `EIO`, …).
 */
export interface Disk {
  /** What is at `path` (a symbolic link is not followed), or `undefined`. */
  stat(path: string): FileStat | undefined;
  /** Opens an existing file for reading. `undefined` when there is none. */
  openToRead(path: string): DiskFile | undefined;
  /** Opens an existing file for reading and appending. `undefined` when there is none. */
  openToAppend(path: string): DiskFile | undefined;
  /** Creates a file, owner only, that must not exist yet. */
  create(path: string, step: Step): DiskFile;
  /** The names in a directory, `undefined` when it does not exist. */
  list(path: string): string[] | undefined;
  /** Creates one directory, owner only; false when it was there. Its parent must exist. */
  makeDirectory(path: string, step: Step): boolean;
  /**
   * Gives the file at `from` the further name `to`, which must not be taken; false when it is. Without hard links it
   * is a rename. The old name, where it is left, is the caller's to remove, once the new one is durable.
   * @param how `link only`: for who does not hold the lock; false also where there are no hard links.
   */
  publish(from: string, to: string, step: Step, how?: "link only"): Promise<boolean>;
  /**
   * Renames a file or directory; what was called `to` is replaced.
   * @param bytes of the larger of both, from a caller that has just looked; else they are looked at here.
   */
  rename(from: string, to: string, step: Step, bytes?: number): Promise<void>;
  /** Removes a file or an empty directory; nothing happens when it is not there. */
  remove(path: string, step: Step): Promise<void>;
  /** Makes the names in a directory durable, where the platform can. */
  syncDirectory(path: string, step: Step): Promise<void>;
  /**
   * Takes the lock that the file at `path` stands for (it is created), across processes and within this one. The
   * kernel frees it when its owner dies. `undefined` when it was not to be had within `patience` milliseconds.
   */
  lock(path: string, patience: number): Unlock | Promise<Unlock | undefined>;
  /** Lets go of files that are open only to be found again sooner. */
  closeIdle?(): void;
}

export type Unlock = () => void;

export interface FileStat {
  readonly kind: "file" | "directory" | "link" | "other";
  /** Exact: inode numbers go beyond what a double holds. */
  readonly inode: bigint;
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly modified: bigint;
}

/** Whether both are the same file with the same content, or there is neither. */
export function isSame(found: FileStat | undefined, known: FileStat | undefined): boolean {
  return found?.inode === known?.inode && found?.size === known?.size && found?.modified === known?.modified;
}

/** A `FileStat.modified` in milliseconds, as `Date` takes it. */
export function millisecondsOf(modified: bigint): number {
  return Number(modified / 1_000_000n);
}

/** An open file. `…Now` blocks; use it for small pieces only. */
export interface DiskFile {
  readonly path: string;
  stat(): FileStat;
  /** Reads at `position`; returns how many bytes, 0 at the end. */
  readNow(target: Uint8Array, position: number): number;
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes at the end; returns how many bytes, possibly fewer than given. */
  appendNow(bytes: Uint8Array, step: Step): number;
  append(bytes: Uint8Array, step: Step): Promise<number>;
  /** Writes all of `bytes` at `position` of a file that `create` opened. */
  overwrite(bytes: Uint8Array, position: number, step: Step): void;
  /** Cuts the file to `size`. */
  truncate(size: number, step: Step): void;
  /** Makes the content durable. */
  sync(step: Step): Promise<void>;
  close(): void;
}

/**
 * Every step that changes the disk, by name, so that a test can fail it, stop before it or leave it out.
 * `tombstone.*` are the journal's last record; `trash.*` and `quarantine.*` move files aside,
 * `removals.*` write the log of removals.
 */
export type Step =
  | "store.mkdir"
  | "store.sync-directory"
  | "journal.create"
  | "journal.create.sync"
  | "journal.publish"
  | "journal.sync-directory"
  | "journal.append"
  | "journal.sync"
  | "journal.sync-seen"
  | "journal.roll-back"
  | "journal.close"
  | "journal.replace.write"
  | "journal.replace.sync"
  | "journal.replace.rename"
  | "checkpoint.create"
  | "checkpoint.write"
  | "checkpoint.sync"
  | "checkpoint.rename"
  | "checkpoint.sync-directory"
  | "checkpoint.mark"
  | "tombstone.append"
  | "tombstone.sync"
  | "remove.checkpoint"
  | "remove.journal"
  | "remove.sync-directory"
  | "trash.move"
  | "trash.sync-directory"
  | "pack.write"
  | "pack.sync"
  | "pack.rename"
  | "pack.sync-directory"
  | "pack.remove-document"
  | "lease.write"
  | "lease.publish"
  | "lease.remove"
  | "lease.unlock"
  | "removals.create"
  | "removals.append"
  | "removals.sync"
  | "removals.sync-directory"
  | "quarantine.move"
  | "quarantine.sync-directory"
  | "temporary.remove";
