import type { HeadChanges } from "../../../../session/head.ts";
import type { Message } from "../../../../session/message.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { SideEntry } from "../../../../session/side-lists.ts";

/** The newest format of journal and checkpoint that this version writes and reads; see docs/format.md. */
export const FORMAT = 2;

/** A journal's first line. Offsets in records and checkpoints are logical: `origin` is the one of the file's first byte. */
export interface JournalHeader {
  readonly kind: "header";
  readonly format: number;
  readonly session: SessionId;
  /** Random; tells this journal from any other of the same id. Format 1 has none. */
  readonly key: string | undefined;
  /** Keys of the journals whose content was changed in this one's writing: a document of theirs is left over. */
  readonly replaces?: readonly string[] | undefined;
  readonly origin: number;
  /** The revision before the first record, its checksum, and the life that it belongs to. */
  readonly revision: number;
  readonly checksum: string;
  readonly life: number;
}

/** Where the fields of one commit stand, without its messages being parsed. */
export interface CommitRecord {
  readonly kind: "commit";
  readonly checksum: string;
  /** The checksum of the record that this one follows. */
  readonly previous: string;
  readonly revision: number;
  /** Counted from 1. An id that is used again after a removal begins its next life, whose revisions begin at 1. */
  readonly life: number;
  readonly at: string;
  /** Messages and estimated tokens after this commit. */
  readonly messageCount: number;
  readonly tokenCount: number;
  /** Logical offset of the latest record that holds all listed fields; left out when it is this one. */
  readonly listing?: number | undefined;
  /** Logical offset of the record that describes the document in place; left out when there is none. */
  readonly document?: number | undefined;
  /** Format 1 only: a document of this revision was in place; 0 for none. */
  readonly checkpoint: number;
  /** Logical offset of the tombstone of the latest earlier life that is in the trash. */
  readonly earlier?: number | undefined;
  /** Everything before this logical offset was synced when this was written. Left out: everything before the record. */
  readonly synced?: number | undefined;
  readonly operation?: readonly [id: string, fingerprint: string] | undefined;
  /** Checksum of the document of someone else's that this commit takes over. */
  readonly foreign?: string | undefined;
  /**
   * What that document held: number and digest of its messages, checksums of its fields, tokens; and, where the session
   * has messages that it did not hold, how many in turn it held and did not hold. See foreign-change.ts.
   */
  readonly known?:
    | readonly [
        count: number,
        digest: string,
        fields: readonly string[],
        tokens: number,
        places?: readonly number[],
      ]
    | undefined;
  /** The session was removed here, for good or into the trash. */
  readonly removed?: "gone" | "trash" | undefined;
  /** Why it was removed, where that is to be in the log; `gone`: it is to be removed for good from the trash. */
  readonly why?: readonly [run: string, rule: string, reason: string, to: "trash" | "gone"] | undefined;
  /** The record goes by this checksum instead of its own: it restates a revision, or takes a document over. */
  readonly alias?: string | undefined;
  /** The session was brought back from the trash here. */
  readonly restored?: true | undefined;
  readonly splice?: readonly [start: number, deleteCount: number] | undefined;
  /** Bytes of each spliced message's JSON text. */
  readonly sizes: readonly number[];
  /** Bytes of each side item's JSON text, in order, by the names of their lists. */
  readonly sideSizes: readonly (readonly [list: string, sizes: readonly number[]])[];
}

/** The bytes from `from` to `to` belong to a commit that a crash cut short; readers go on at `to`. */
export interface TornRecord {
  readonly kind: "torn";
  readonly from: number;
  readonly to: number;
}

/** A document that is in place: a checkpoint of ours, or one of someone else's that a commit has taken over. */
export interface DocumentRecord {
  readonly kind: "document";
  /** Of the checkpoint, or of the commit that took the document over. */
  readonly revision: number;
  /** Bytes, and time of change in nanoseconds since 1970, as they were right after it was written. Format 1: unknown. */
  readonly stat: { readonly size: number; readonly modified: bigint } | undefined;
  /** Logical offset in the journal behind what it covers. */
  readonly covers: number;
  /** Bytes of all checkpoints of this session so far, this one included. */
  readonly written: number;
  /** Checksum of the document when it is someone else's. */
  readonly foreign: string | undefined;
  /** Everything before this logical offset was synced when this was written. */
  readonly synced: number;
}

/** Holds the listed fields again, because the commit that set them is long. */
export interface ListingRecord {
  readonly kind: "listing";
}

/**
 * Everything before this record is synced, and this commit is the last that counts: a session was closed, or put in
 * order.
 */
export interface SettledRecord {
  readonly kind: "settled";
  readonly revision: number;
  readonly checksum: string;
  /** Where its writer meant it to stand. It says nothing when it stands elsewhere: someone else had written meanwhile. */
  readonly offset: number;
}

export type JournalRecord =
  JournalHeader | CommitRecord | TornRecord | DocumentRecord | ListingRecord | SettledRecord;

/** What a new commit record is made of. */
export type NewCommitRecord = Omit<
  CommitRecord,
  "kind" | "checksum" | "checkpoint" | "sizes" | "sideSizes" | "splice"
> & {
  readonly splice?: readonly [start: number, deleteCount: number, messages: readonly Message[]] | undefined;
  readonly set?: HeadChanges | undefined;
  readonly side?: readonly SideEntry[] | undefined;
};
