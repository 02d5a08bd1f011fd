import {
  ConflictError,
  CorruptSessionError,
  LeaseHeldError,
  LeaseLostError,
  LockedError,
  SessionNotFoundError,
  StorageError,
  StoreClosedError,
} from "../../../src/index.ts";
import { Violation } from "./history.ts";

/**
 * Whether nothing came of what failed so.
 * @param mayFail calls to the disk may fail.
 * @throws {Violation} when it must not fail so.
 */
export function isRefusal(error: unknown, mayFail: boolean): boolean {
  if (error instanceof ConflictError || error instanceof SessionNotFoundError) return true;
  if (error instanceof LeaseLostError || error instanceof LeaseHeldError) return true;
  if (error instanceof LockedError || error instanceof StoreClosedError) return true;
  if (error instanceof StorageError && mayFail) return error.outcome === "not-stored";
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof CorruptSessionError) throw new Violation(`hidden: ${error.message}`, { cause: error });
  throw new Violation(`an error that must not be: ${what}`, { cause: error });
}
