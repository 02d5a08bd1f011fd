import { NewerFormatError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { readCheckpoint, type Checkpoint } from "../checkpoint/checkpoint-reader.ts";
import type { Disk, DiskFile, FileStat } from "../disk/disk.ts";
import { readJournalHeader } from "../journal/journal-reader.ts";
import { FORMAT, type JournalHeader } from "../journal/journal-record.ts";
import type { SessionPaths } from "../disk/session-paths.ts";

/** A journal as it was found. */
export type FoundJournal =
  | { readonly kind: "absent" }
  | {
      readonly kind: "ok";
      readonly header: JournalHeader;
      readonly headerLength: number;
      readonly stat: FileStat;
    }
  | { readonly kind: "unusable"; readonly detail: string; readonly stat: FileStat };

/** A checkpoint as it was found. */
export type FoundCheckpoint = ({ readonly kind: "absent" } | Checkpoint) & {
  readonly stat: FileStat | undefined;
};

/** @throws {NewerFormatError} */
export async function findCheckpoint(
  disk: Disk,
  paths: SessionPaths,
  id: SessionId,
): Promise<FoundCheckpoint> {
  const path = paths.checkpoint(id);
  const stat = disk.stat(path);
  if (stat === undefined) return { kind: "absent", stat };
  const detail = notAFile(stat, "checkpoint");
  if (detail !== undefined) return { kind: "unreadable", detail, stat };
  const file = disk.openToRead(path);
  if (file === undefined) return { kind: "absent", stat: undefined };
  try {
    return { ...(await readCheckpoint(file, id)), stat: file.stat() };
  } finally {
    file.close();
  }
}

/**
 * The journal, and its file where there is one, which the caller closes.
 * @throws {NewerFormatError}
 */
export function findJournal(
  disk: Disk,
  paths: SessionPaths,
  id: SessionId,
): { readonly journal: FoundJournal; readonly file: DiskFile | undefined } {
  const path = paths.journal(id);
  const stat = disk.stat(path);
  if (stat === undefined) return { journal: { kind: "absent" }, file: undefined };
  const detail = notAFile(stat, "journal");
  if (detail !== undefined) return { journal: { kind: "unusable", detail, stat }, file: undefined };
  const file = disk.openToRead(path);
  if (file === undefined) return { journal: { kind: "absent" }, file };
  try {
    return { journal: journalIn(file, id), file };
  } catch (error) {
    file.close();
    throw error;
  }
}

function journalIn(file: DiskFile, id: SessionId): FoundJournal {
  const stat = file.stat();
  const first = readJournalHeader(file);
  if (first === undefined) {
    const detail = stat.size === 0 ? "the journal is empty" : "the journal's first line cannot be read";
    return { kind: "unusable", detail, stat };
  }
  const { header, length } = first;
  if (header.format > FORMAT) throw new NewerFormatError(id, header.format, FORMAT);
  if (header.session === id) return { kind: "ok", header, headerLength: length, stat };
  return { kind: "unusable", detail: `the journal belongs to session ${header.session}`, stat };
}

function notAFile(stat: FileStat, name: string): string | undefined {
  if (stat.kind === "file") return undefined;
  return `the ${name} is ${stat.kind === "directory" ? "a directory" : stat.kind === "link" ? "a symbolic link" : "not a file"}`;
}
