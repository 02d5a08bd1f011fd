import type { SessionId } from "../../../session/session-id.ts";
import { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { DiskFile } from "../disk/disk.ts";
import { Journal } from "../journal/journal.ts";
import type { Files } from "./reading.ts";
import { readSessionTail, type SessionTail } from "./session-tail.ts";
import { letGo } from "../disk/let-go.ts";

/** A session whose files are in order at their ends, open. */
export interface OpenTail {
  readonly tail: SessionTail;
  /** The document, where it is a checkpoint of ours. */
  readonly checkpoint: Checkpoint | undefined;
  close(): void;
}

/** Opens a session from its end; `undefined` when there is none, or anything about its files is unusual. */
export async function openTail(files: Files, id: SessionId): Promise<OpenTail | undefined> {
  const { disk, paths } = files;
  const opened: { close(): void }[] = [];
  const close = (): void => {
    for (const file of opened) letGo(file);
  };
  try {
    // The document first: whatever it covers, the journal that is opened after it has as well.
    const file = openDocument(files, id);
    if (file !== undefined) opened.push(file);
    const found = Journal.open(disk, paths, id, "read");
    if (found.kind === "ok") opened.push(found.journal);
    const tail = found.kind === "ok" ? readSessionTail(files, id, found.journal) : undefined;
    const isLive = tail !== undefined && tail.scan.removed === undefined;
    const isOurs = tail?.document !== undefined && tail.document.record.foreign === undefined;
    const isSame = file?.stat().inode === tail?.document?.stat.inode;
    const checkpoint = isOurs && file !== undefined && isSame ? await Checkpoint.open(file, id) : undefined;
    if (isLive && isOurs === (checkpoint !== undefined)) return { tail, checkpoint, close };
  } catch (error) {
    close();
    throw error;
  }
  close();
  return undefined;
}

function openDocument({ disk, paths }: Files, id: SessionId): DiskFile | undefined {
  const path = paths.checkpoint(id);
  return disk.stat(path)?.kind === "file" ? disk.openToRead(path) : undefined;
}
