import { appendFully } from "../disk/append-fully.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { FileContext } from "../disk/file-context.ts";
import { readLines } from "../disk/file-lines.ts";
import { readJournalHeader, scanJournal } from "../journal/journal-reader.ts";
import { decodeRecord, encodeTorn } from "../journal/journal-record.ts";
import { syncJournal } from "../journal/sync-journal.ts";
import type { WriterState } from "./writer-state.ts";

/**
 * Finds out which of our records count after someone wrote to the journal at the same time, which a working lock
 * rules out. Bytes of theirs that stand before ours and cannot be read are marked as torn, as the next writer would.
 * @param ours the checksums of the records that were just written and synced, in order.
 * @returns those that readers accept.
 */
export async function settleIntrusion(
  context: FileContext,
  id: SessionId,
  state: WriterState,
  ours: readonly string[],
): Promise<ReadonlySet<string>> {
  const { file, inode, origin, position } = state;
  while (context.disk.stat(context.paths.journal(id))?.inode === inode) {
    const accepted = new Set<string>();
    const scan = await scanJournal(file, origin, position, ({ checksum }) => accepted.add(checksum));
    const bad = scan.tornFrom ?? scan.damage?.from;
    const next = ours.find((one) => !accepted.has(one));
    const begin = bad === undefined ? undefined : await offsetOf(state, next, bad);
    if (bad === undefined || begin === undefined) return new Set(ours.filter((one) => accepted.has(one)));
    await appendFully(file, encodeTorn(bad, begin), "journal.append");
    await syncJournal(context, id, file, "journal.sync");
  }
  return await storedInCopy(context, id, ours);
}

/** The same when another file, a copy, has taken the journal's place since. */
async function storedInCopy(
  context: FileContext,
  id: SessionId,
  ours: readonly string[],
): Promise<ReadonlySet<string>> {
  const path = context.paths.journal(id);
  const file = context.disk.openToAppend(path);
  if (file === undefined) throw Object.assign(new Error(`ENOENT: ${path} was removed`), { code: "ENOENT" });
  try {
    await syncJournal(context, id, file, "journal.sync-seen");
    const first = readJournalHeader(file);
    if (first === undefined) throw new Error("the journal's first line cannot be read any more");
    const { header, length } = first;
    const start = { offset: header.origin + length, revision: header.revision, checksum: header.checksum };
    const accepted = new Set<string>();
    await scanJournal(file, header.origin, start, ({ checksum }) => accepted.add(checksum));
    return new Set(ours.filter((one) => accepted.has(one)));
  } finally {
    file.close();
  }
}

/** Where the record with this checksum stands behind `from`, as logical offset. */
async function offsetOf(
  state: WriterState,
  checksum: string | undefined,
  from: number,
): Promise<number | undefined> {
  if (checksum === undefined) return undefined;
  for await (const lines of readLines(state.file, from - state.origin)) {
    for (const { offset, bytes, whole } of lines) {
      const record = whole && bytes.length > 0 ? decodeRecord(bytes) : undefined;
      if (record?.kind === "commit" && record.checksum === checksum) return offset + state.origin;
    }
  }
  return undefined;
}
