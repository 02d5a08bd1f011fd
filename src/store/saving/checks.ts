import { AgentSession } from "../../session/agent-session.ts";
import { checkArray, checkObject, checkOptions, shown } from "../../session/json/arguments.ts";
import type { Commit } from "../../session/commit.ts";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import type { WatchOptions } from "../reading/watch.ts";

/** What a commit may have: a record, so that a part that is added there is missed here. */
const PARTS: Readonly<Record<keyof Commit, true>> = {
  ...{ base: true, baseTag: true, operationId: true, splice: true, set: true, side: true, at: true },
  ...{ addTokens: true, lease: true },
};

/**
 * Refuses a commit with a part that none has: what it holds would be acknowledged and not stored.
 * @throws {InvalidArgumentError}
 */
export function checkParts(commit: Commit): void {
  checkObject(commit, "commit");
  for (const part of Object.keys(commit)) {
    if (!Object.hasOwn(PARTS, part))
      throw new InvalidArgumentError(`${shown(part)} is no part of a commit. Nothing was stored.`);
  }
  if (commit.set !== undefined) checkObject(commit.set, "set");
  if (commit.side !== undefined) checkObject(commit.side, "side");
  if (commit.splice === undefined) return;
  checkArray(commit.splice, "splice");
  checkArray(commit.splice[2], "The messages of a splice");
}

/** A session of another copy of this package is one too. @throws {InvalidArgumentError} */
export function checkSession(value: unknown): void {
  if (value instanceof AgentSession) return;
  const isSession =
    typeof value === "object" && value !== null && "head" in value && typeof value.head === "function";
  if (!isSession)
    throw new InvalidArgumentError(`save takes an AgentSession, as load gives it, not ${shown(value)}.`);
}

/** The same range, which is an object. @throws {InvalidArgumentError} */
export function checkedRange<T extends object>(range: T): T {
  checkObject(range, "range");
  return range;
}

/** @throws {InvalidArgumentError} */
export function checkWatch(options: WatchOptions): void {
  checkOptions(options);
  const { after, signal } = options;
  if (after !== undefined && !(Number.isSafeInteger(after) && after >= 0))
    throw new InvalidArgumentError(`after must be a whole number from 0 up, not ${shown(after)}.`);
  if (signal !== undefined && !((signal as unknown) instanceof AbortSignal))
    throw new InvalidArgumentError(`signal must be an AbortSignal, not ${shown(signal)}.`);
}
