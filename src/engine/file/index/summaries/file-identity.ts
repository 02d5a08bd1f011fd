import type { SessionId } from "../../../../session/session-id.ts";
import type { Disk, FileStat } from "../../disk/disk.ts";
import type { JournalHeader } from "../../journal/record/record.ts";
import type { SessionPaths } from "../../disk/session-paths.ts";

/** What a session without files has. */
export const NO_FILES = "- -";

/**
 * Tells whether a session's files are those that were read: inode, size and time of journal and checkpoint. Both only
 * ever grow or are replaced, and each of that shows.
 */
export function identityOf(journal: FileStat | undefined, checkpoint: FileStat | undefined): string {
  return `${textOf(journal)} ${textOf(checkpoint)}`;
}

/** The identity of a session's files as they are now. */
export function identityNow(disk: Disk, paths: SessionPaths, id: SessionId): string {
  return identityOf(disk.stat(paths.journal(id)), disk.stat(paths.checkpoint(id)));
}

/**
 * Tells a journal from any other that stands or stood in its place. An inode alone is used again; the key is the
 * journal's own, but a copy of the file has it too.
 */
export function journalIdentity({ inode }: FileStat, { key }: Pick<JournalHeader, "key">): string {
  return key === undefined ? `${inode}` : `${inode} ${key}`;
}

function textOf(stat: FileStat | undefined): string {
  if (stat === undefined) return "-";
  return stat.kind === "file" ? `${stat.inode}/${stat.size}/${stat.modified}` : stat.kind;
}
