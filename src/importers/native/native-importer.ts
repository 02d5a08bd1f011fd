import type { HeadChanges, SessionHead } from "../../session/head.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { Problem } from "../problem.ts";

/** Reads files of ours: Astrid's documents, and what `astrid-sessions export` wrote. */
export interface NativeImporter {
  /** Short name, as users see it: `claude-code`, `astrid`. */
  readonly format: string;
  /** Whether the file's content is of this format. Reads no more than it must. */
  recognises(path: string): Promise<boolean>;
  /**
   * What the file holds, in its order: the session exactly once and before any message, the end last. Streams: no
   * more than one record and a bounded beginning of the file are held at any time. Reading the same file twice yields
   * the same.
   */
  read(path: string): AsyncGenerator<ImportItem>;
}

export type ImportItem =
  | { readonly type: "session"; readonly id: SessionId; readonly head: SessionHead }
  | {
      readonly type: "message";
      readonly message: Message;
      /** Bytes that it takes in the file. */
      readonly bytes: number;
    }
  | { readonly type: "problem"; readonly problem: Problem }
  | ImportEnd;

/** What is only known when the whole file was read. */
export interface ImportEnd {
  readonly type: "end";
  readonly changes: HeadChanges;
  /** Titles that an earlier state of the file would have given; any other title is the user's and stays. */
  readonly formerTitles: readonly string[];
}
