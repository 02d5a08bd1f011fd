/** A part of a file that could not be read as a record, or that needs to be told. */
export interface Problem {
  /** The agent's own id of the session that it concerns, where a file holds many. */
  readonly session?: string;
  /** Counted from 1; absent where the format has no lines. */
  readonly line?: number;
  /** In bytes from the beginning of the file. */
  readonly offset: number;
  /** A phrase: `not JSON`, `two records glued together`. */
  readonly reason: string;
  /** Records that could be read from it nevertheless. */
  readonly salvaged: number;
  /** Whether something is in no message that should be. Its bytes are kept all the same. */
  readonly lost: boolean;
}
