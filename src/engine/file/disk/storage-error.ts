import {
  SessionStoreError,
  StorageError,
  type ErrorCode,
  type Outcome,
} from "../../../session/errors/errors.ts";

const MEANINGS: Record<string, readonly [ErrorCode, string]> = {
  ENOSPC: ["DISK_FULL", "the disk is full; free some space and save again"],
  EDQUOT: ["DISK_FULL", "the disk quota is used up; free some space and save again"],
  EFBIG: ["DISK_FULL", "the file would be larger than the system allows; raise the limit and save again"],
  EROFS: ["READ_ONLY", "the file system is read-only; make it writable and try again"],
  EACCES: ["PERMISSION_DENIED", "permission is denied; check who owns the directory"],
  EPERM: ["PERMISSION_DENIED", "the operation is not permitted; check who owns the directory"],
  EMFILE: ["TOO_MANY_OPEN_FILES", "this process has too many files open; close some or raise the limit"],
  ENFILE: ["TOO_MANY_OPEN_FILES", "the system has too many files open; close some or raise the limit"],
  ENOTDIR: [
    "STORE_NOT_A_DIRECTORY",
    "a part of the path is not a directory; move that file away or choose another store",
  ],
  EISDIR: ["STORAGE_FAILED", "there is a directory in place of a file; move it away"],
  ELOOP: ["STORAGE_FAILED", "there is a symbolic link in place of a file; replace it by the file"],
  ENOENT: ["STORAGE_FAILED", "a directory of the store has vanished; try again, it is made anew"],
};

const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** Whether a system error says that there is no room left. */
export function isFull(error: unknown): boolean {
  return FULL.has((error as NodeJS.ErrnoException).code ?? "");
}

const FATES = {
  "not-stored": " Nothing was stored.",
  unknown:
    " Whether the change is stored is unknown: load the session to see, or repeat the change (a commit with the same operation id).",
} as const;

/**
 * What a file system's error means to the caller. Errors of this package pass unchanged.
 * @param doing what was being done, as in `cannot <doing>`.
 * @param outcome what became of it; left out for what stores nothing.
 */
export function storageError(error: unknown, doing: string, outcome?: Outcome): Error {
  if (error instanceof SessionStoreError) return error;
  const system = error as NodeJS.ErrnoException;
  if (system.code === undefined) return system;
  const [code, meaning] = MEANINGS[system.code] ?? ["STORAGE_FAILED", `the storage failed (${system.code})`];
  const fate = outcome === undefined ? "" : FATES[outcome];
  return new StorageError(code, `Cannot ${doing}: ${meaning}.${fate}`, outcome ?? "not-stored", {
    cause: error,
  });
}
