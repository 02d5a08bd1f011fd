import type { SessionHead } from "../../../session/head.ts";
import type { EngineReport } from "../../contract.ts";
import type { ForeignDocument } from "../checkpoint/foreign-document.ts";
import type { FileContext } from "../disk/file-context.ts";
import type { JournalPosition, JournalScan } from "../journal/follow-journal.ts";
import type { ForeignChange } from "./foreign/foreign-change.ts";
import type { MessageList } from "./messages/message-list.ts";
import type { PlaceSource } from "./messages/place-reader.ts";
import type { SessionFiles } from "./session-files.ts";

export type Files = Pick<FileContext, "disk" | "paths">;

/** What a session's document is to it. */
export type DocumentState =
  | "absent"
  /** A checkpoint of ours. */
  | "ours"
  /** Someone else's, and a commit holds what it changed. */
  | "taken-over"
  /** Someone else's, with a change that no commit holds yet. */
  | "foreign"
  /** It belongs to a life of the session that was removed, or to a journal that was rewritten. */
  | "left-over"
  /** It cannot be read, or not any more. */
  | "unreadable";

/** Everything that a session's files say, and what it amounts to. */
export interface SessionReading<List extends MessageList> {
  readonly files: SessionFiles;
  /** What places of messages point into. */
  readonly source: PlaceSource;
  /** Where the journal was taken up; `undefined` when it was not followed. */
  readonly begin: JournalPosition | undefined;
  readonly scan: JournalScan | undefined;
  readonly document: DocumentState;
  /** Why the document cannot be read. */
  readonly detail: string | undefined;
  /** The session, with a foreign change on top where there is one; `undefined` when there is none. */
  readonly session: ReadSession<List> | undefined;
  /** Our own state, without a foreign change. */
  readonly own: OwnState | undefined;
  readonly foreign: PendingChange | undefined;
  /** Why there is no session although there are files. */
  readonly gone: "removed" | "foreign-delete" | undefined;
  readonly reports: readonly EngineReport[];
}

/** A change by someone else that no commit holds yet. */
export type PendingChange = Pick<ForeignChange, "splice" | "set" | "known"> & {
  readonly document: ForeignDocument;
};

export interface ReadSession<List> {
  readonly revision: number;
  readonly life: number;
  readonly tag: string;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly list: List;
}

export interface OwnState {
  readonly head: SessionHead;
  readonly position: JournalPosition;
  readonly updatedAt: string;
}

/** Up to which commit to read. */
export interface ReadTo {
  readonly life: number;
  readonly revision: number;
}

/** `thorough`: each byte of a checkpoint is compared with its checksum, also where none of it is handed out. */
export type ReadHow = "quick" | "thorough";
