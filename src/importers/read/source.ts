import type { Beginning } from "./beginning.ts";

/** What a session is brought in from: a file, or the rows that a database has of it. */
export interface Source {
  /** The file. */
  readonly path: string;
  readonly modified: Date;
  /** Bytes of its content; `undefined` when it has to be read to know. */
  readonly length: number | undefined;
  /** Its content is kept in pieces of so many bytes; by default in those that it is read in. */
  readonly pieceSize?: number;
  /** What its beginning and its end look like. */
  beginning(): Promise<Beginning>;
  /** Its content, the same each time, in pieces of about a megabyte. */
  chunks(): AsyncGenerator<Buffer>;
}
