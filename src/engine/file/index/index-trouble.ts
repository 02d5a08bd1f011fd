import { SessionStoreError } from "../../../session/errors/errors.ts";
import { isBusy } from "./writing.ts";

/** The index does not hold what was put into it. */
export class DamagedIndex extends Error {
  override readonly name = "DamagedIndex";
}

/** Whether it is SQLite, or a check of ours, that says that the index is of no use or in use. */
export function isOfTheIndex(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return error instanceof DamagedIndex || code === "ERR_SQLITE_ERROR" || isBusy(error);
}

/**
 * Whether an answer that failed may be had from another index. What a session's files hold throws nothing, and what
 * the system says of the directory it would say again; whatever else it is, the index is the cause.
 */
export function isIndexTrouble(error: unknown): boolean {
  if (isOfTheIndex(error)) return true;
  return !(error instanceof SessionStoreError) && !("syscall" in (error as object));
}
