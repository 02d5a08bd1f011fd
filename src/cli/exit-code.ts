import { SessionStoreError, type ErrorCode } from "../session/errors/errors.ts";

/** What the command's exit code means; scripts rely on these. `EXIT_MEANINGS` says it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unreadable: 4,
  found: 5,
  interrupted: 130,
} as const;

/** For the help, and for docs/cli.md. */
export const EXIT_MEANINGS: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [EXIT.ok, "done"],
  [
    EXIT.failed,
    "the store failed, or something unexpected happened; health and sync --status: something is wrong",
  ],
  [EXIT.usage, "the command line makes no sense"],
  [
    EXIT.notFound,
    "no session matches, or more than one; no such message, nothing to undo, no agent to resume it",
  ],
  [EXIT.unreadable, "some input or some session could not be read; everything else was done"],
  [EXIT.found, "doctor --secrets found secrets of a definite form"],
  [EXIT.interrupted, "interrupted by Ctrl-C; what was done until then stays"],
];

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error of the command line itself. `code` stands in the JSON form, beside the codes of docs/errors.md. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, exitCode: ExitCode, message: string) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CommandError {
  return new CommandError("USAGE", EXIT.usage, message);
}

const EXIT_OF_CODE: { readonly [C in ErrorCode]?: ExitCode } = {
  SESSION_NOT_FOUND: EXIT.notFound,
  CORRUPT_SESSION: EXIT.unreadable,
  NEWER_FORMAT: EXIT.unreadable,
  IMPORT_FAILED: EXIT.unreadable,
  INVALID_ARGUMENT: EXIT.usage,
  INVALID_HOME: EXIT.usage,
  INVALID_SESSION_ID: EXIT.usage,
  NOT_SUPPORTED: EXIT.usage,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof SessionStoreError) return EXIT_OF_CODE[error.code] ?? EXIT.failed;
  return EXIT.failed;
}
