import {
  SessionStoreError,
  StorageError,
  type ErrorCode,
  type Outcome,
} from "../../../session/errors/errors.ts";
import { NotSentError } from "../client.ts";

/** What a failed statement means for the next step. */
export interface Failure {
  /** Trying again may help. */
  readonly again: boolean;
  /** What became of a write. */
  readonly outcome: Outcome;
  /** The next try need not wait: the server has waited already, or nothing has to change before it. */
  readonly atOnce: boolean;
  readonly code: ErrorCode;
}

/** No answer came within the time that the caller set. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";

  constructor(milliseconds: number) {
    super(`no answer within ${Math.round(milliseconds)} ms`);
  }
}

/** The tables could not be made, or looked at, within the time that the caller set; nothing of the call was sent. */
export class NotReadyError extends Error {
  override readonly name = "NotReadyError";
  readonly #milliseconds: number;

  constructor(milliseconds: number, before?: unknown) {
    const why = before instanceof Error ? ` (${before.message})` : "";
    super(`the tables were not ready within ${Math.round(milliseconds)} ms${why}`, { cause: before });
    this.#milliseconds = milliseconds;
  }

  /** The same, with why the try before it failed. */
  because(before: unknown): NotReadyError {
    return new NotReadyError(this.#milliseconds, before);
  }
}

/** The connection was lost, or given up, while a statement was under way. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
}

/** The server answered, but gave up waiting for the standby that should have had the commit as well. */
export class WaitCancelledError extends Error {
  override readonly name = "WaitCancelledError";

  constructor() {
    super("the server stopped waiting for its synchronous standby");
  }
}

const refused = { again: false, outcome: "not-stored", atOnce: false } as const;
const later = { again: true, outcome: "not-stored", atOnce: false } as const;
const unknown = { again: true, outcome: "unknown", atOnce: false } as const;

/** By SQLSTATE, or by its first two characters. */
const BY_SQLSTATE: Readonly<Record<string, Failure>> = {
  "40001": { ...later, code: "STORAGE_FAILED" },
  "40P01": { ...later, code: "STORAGE_FAILED" },
  "25006": { ...later, code: "READ_ONLY" },
  // A prepared statement that someone removed, or that another client of the same connection has prepared.
  "26000": { ...later, atOnce: true, code: "STORAGE_FAILED" },
  "42P05": { ...later, atOnce: true, code: "STORAGE_FAILED" },
  // Too many connections, starting up, shutting down, recovering.
  "53300": { ...later, code: "UNAVAILABLE" },
  "57P03": { ...later, code: "UNAVAILABLE" },
  "57P01": { ...unknown, code: "UNAVAILABLE" },
  "57P02": { ...unknown, code: "UNAVAILABLE" },
  "57P05": { ...unknown, code: "UNAVAILABLE" },
  "08": { ...unknown, code: "UNAVAILABLE" },
  // Cancelled by statement_timeout or by someone.
  "57014": { ...refused, code: "TIMED_OUT" },
  // lock_timeout: whoever waits for a lock gives its connection to others now and then.
  "55P03": { ...later, atOnce: true, code: "TIMED_OUT" },
  "53100": { ...refused, code: "DISK_FULL" },
  "42501": { ...refused, code: "PERMISSION_DENIED" },
  "28": { ...refused, code: "PERMISSION_DENIED" },
  "54": { ...refused, code: "SESSION_TOO_LARGE" },
};

/** By the code of a driver or of the system, where no statement can have been sent. */
const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "CONNECT_TIMEOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
/** And where it may have been. */
const CONNECTION_LOST = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "ENOENT",
]);
/** `pg` has no codes for these. */
const LOST_BY_MESSAGE = /connection terminated|connection error|not queryable|connection ended/i;
const BUSY_BY_MESSAGE = /timeout exceeded when trying to connect|connection timeout/i;

/**
 * The server's code for what it answered, `undefined` when the error came from elsewhere: the system has codes of five
 * capitals too (EPIPE), and says nothing of a severity.
 */
export function sqlstateOf(error: unknown): string | undefined {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  if (typeof code !== "string" || !/^[0-9A-Z]{5}$/.test(code)) return undefined;
  return severity !== undefined || !code.startsWith("E") ? code : undefined;
}

function isAnswered(error: unknown): boolean {
  return error instanceof Error && sqlstateOf(error) !== undefined;
}

/** What an error of a client means. */
export function failureOf(error: unknown): Failure {
  if (error instanceof WaitCancelledError) return { ...unknown, code: "TIMED_OUT" };
  if (error instanceof NotSentError) return { ...later, code: "UNAVAILABLE" };
  if (error instanceof NoAnswerError) return { ...unknown, again: false, code: "TIMED_OUT" };
  // What the server answered to the try before says more than that the time was over within the next one.
  if (error instanceof NotReadyError)
    return { ...refused, code: isAnswered(error.cause) ? failureOf(error.cause).code : "TIMED_OUT" };
  if (error instanceof ConnectionLostError) return { ...unknown, code: "UNAVAILABLE" };
  const sqlstate = sqlstateOf(error);
  if (sqlstate !== undefined) {
    const known = BY_SQLSTATE[sqlstate] ?? BY_SQLSTATE[sqlstate.slice(0, 2)];
    return known ?? { ...refused, code: "STORAGE_FAILED" };
  }
  const { code, message = "" } = error as { code?: unknown; message?: string };
  if (typeof code === "string") {
    if (NOT_CONNECTED.has(code)) return { ...later, code: "UNAVAILABLE" };
    if (CONNECTION_LOST.has(code)) return { ...unknown, code: "UNAVAILABLE" };
  }
  if (BUSY_BY_MESSAGE.test(message)) return { ...later, code: "UNAVAILABLE" };
  if (LOST_BY_MESSAGE.test(message)) return { ...unknown, code: "UNAVAILABLE" };
  return { ...unknown, again: false, code: "STORAGE_FAILED" };
}

/** What to do, by SQLSTATE; where that says nothing, by code. */
const ADVICE: Readonly<Record<string, string>> = {
  "3D000": "Create that database, or correct its name in the URL.",
  "42704": "Correct the parameters of the URL.",
  UNAVAILABLE: "Check that the server runs and that its address is right, and try again.",
  READ_ONLY: "Connect to the primary.",
  TIMED_OUT: "Try again when the server is less busy, or give it more time (patience, statement_timeout).",
  DISK_FULL: "Free space on the server's disk, and try again.",
  PERMISSION_DENIED: "Check the user and the password, and what the role may do.",
  SESSION_TOO_LARGE: "Store it in smaller pieces.",
};

/**
 * The error that a caller gets for one that was not to be overcome; errors of this package stay as they are.
 * @param what the attempt, to follow "Could not".
 * @param outcome what became of it over all tries; `undefined` for something that writes nothing.
 */
export function storageError(error: unknown, what: string, outcome: Outcome | undefined): SessionStoreError {
  if (error instanceof SessionStoreError) return error;
  const { code } = failureOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  const advice = ADVICE[(error as { code?: string }).code ?? ""] ?? ADVICE[code];
  const became =
    outcome === undefined
      ? ""
      : outcome === "not-stored"
        ? " Nothing was stored."
        : " It may or may not be stored: load the session, or repeat the write with the same operation id.";
  const message = `Could not ${what}: ${detail}.${became}${advice === undefined ? "" : ` ${advice}`}`;
  return new StorageError(code, message, outcome ?? "not-stored", { cause: error });
}
