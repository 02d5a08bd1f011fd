import type { SessionHead } from "../../../session/head.ts";
import type { Disk, DiskFile, FileStat } from "../disk/disk.ts";
import { PreviewTracker } from "../index/summaries/preview-tracker.ts";
import type { JournalPosition } from "../journal/journal-reader.ts";
import type { KnownCheckpoint } from "../read/known-session.ts";
import type { OpenSession } from "./session-opener.ts";

/** What a writer knows of a session between two commits; good as long as the files are those it last saw. */
export interface WriterState {
  readonly file: DiskFile;
  readonly inode: bigint;
  /** The journal's time of change: inode numbers are used again. */
  modified: bigint;
  /** Logical offset of the journal's first byte, and of its first record. */
  readonly origin: number;
  readonly begin: number;
  /** Logical offset of the journal's end. */
  end: number;
  /** Everything before this logical offset is synced. */
  synced: number;
  position: JournalPosition;
  head: SessionHead;
  messageCount: number;
  /** Logical offset of the latest record that holds all listed fields. */
  listing: number;
  checkpoint: KnownCheckpoint | undefined;
  preview: PreviewTracker;
}

export function stateOf({ file, tail }: OpenSession): WriterState {
  const { header, length } = tail.journal;
  const end = header.origin + tail.journalStat.size;
  return {
    file,
    inode: tail.journalStat.inode,
    modified: tail.journalStat.modified,
    origin: header.origin,
    begin: header.origin + length,
    end,
    synced: end,
    position: tail.scan.position,
    head: tail.head,
    messageCount: tail.messageCount,
    listing: tail.listing,
    checkpoint: tail.checkpoint,
    preview: new PreviewTracker(false),
  };
}

/** Whether the files are still those that the state was made from. */
export function isCurrent(state: WriterState, disk: Disk, journal: string, checkpoint: string): boolean {
  const found = disk.stat(journal);
  if (found?.inode !== state.inode || found.modified !== state.modified) return false;
  if (found.size + state.origin !== state.end) return false;
  return isSame(disk.stat(checkpoint), state.checkpoint?.stat);
}

function isSame(found: FileStat | undefined, known: FileStat | undefined): boolean {
  return found?.inode === known?.inode && found?.size === known?.size && found?.modified === known?.modified;
}
