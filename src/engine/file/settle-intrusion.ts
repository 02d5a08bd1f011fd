import { appendFully } from "./append-fully.ts";
import { readLines, scanJournal } from "./journal-reader.ts";
import { decodeRecord, encodeTorn } from "./journal-record.ts";
import type { WriterState } from "./writer-state.ts";

/**
 * Finds out which of our records count after someone wrote to the journal at the same time, which a working lock
 * rules out. Bytes of theirs that stand before ours and cannot be read are marked as torn, as the next writer would.
 * @param ours the checksums of the records that were just written and synced, in order.
 * @returns those that readers accept.
 */
export async function settleIntrusion(
  state: WriterState,
  ours: readonly string[],
): Promise<ReadonlySet<string>> {
  const { file, origin, position } = state;
  for (;;) {
    const accepted = new Set<string>();
    const scan = await scanJournal(file, origin, position, ({ checksum }) => accepted.add(checksum));
    const bad = scan.tornFrom ?? scan.damage?.from;
    const begin =
      bad === undefined
        ? undefined
        : await offsetOf(
            state,
            ours.find((one) => !accepted.has(one)),
            bad,
          );
    if (bad === undefined || begin === undefined) return new Set(ours.filter((one) => accepted.has(one)));
    await appendFully(file, encodeTorn(bad, begin), "journal.append");
    await file.sync("journal.sync");
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
