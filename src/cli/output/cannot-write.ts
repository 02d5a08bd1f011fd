import { CommandError, EXIT } from "../exit-code.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its directory does not exist",
  ENOTDIR: "a part of its path is not a directory",
  EISDIR: "it is a directory",
  EACCES: "permission is denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
};

/** What the system says of a place that results are written to; other errors as they are. */
export function cannotWrite(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return new CommandError("OUTPUT_FAILED", EXIT.failed, `Cannot write ${path}: ${REASONS[code] ?? code}.`);
}
