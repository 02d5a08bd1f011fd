import { InvalidArgumentError } from "../session/errors/errors.ts";
import type { Holder } from "../session/summary/holder.ts";

/** How a session is to be held. */
export interface LeaseOptions {
  /** Who asks, for the others: a name, a process, a place; of 1 to 200 characters. */
  readonly by: string;
  /** Take it from whoever holds it: their next write under their lease is refused. Default: false. */
  readonly takeOver?: boolean | undefined;
}

/** A session that is held. */
export interface EngineLease extends Holder {
  /** What a commit names (`Commit.lease`) that is to be stored only while the lease holds; no other lease has the same. */
  readonly token: string;
  /** Gives the session back. Does nothing when the lease is lost, or was released before. */
  release(): Promise<void>;
}

const LONGEST_NAME = 200;

/** @throws {InvalidArgumentError} when `by` is no name. */
export function checkedBy({ by }: LeaseOptions): string {
  const isName = typeof (by as unknown) === "string" && by.trim() !== "" && by.length <= LONGEST_NAME;
  if (!isName) throw new InvalidArgumentError(`by must be a text of 1 to ${LONGEST_NAME} characters.`);
  return by;
}
