import type { PackedFile } from "../packed/packed-file.ts";
import type { AcceptedCommit, JournalScan } from "./follow-journal.ts";

/**
 * The same records. A journal was in order when it was packed, to its end: whatever cannot be read since is damage,
 * and never a write that a crash cut short.
 */
export async function* followPacked(
  file: PackedFile,
  following: AsyncGenerator<AcceptedCommit[], JournalScan>,
): AsyncGenerator<AcceptedCommit[], JournalScan> {
  const scan = yield* following;
  const from = scan.damage?.from ?? scan.tornFrom ?? (file.mayBeCutShort ? scan.end : undefined);
  if (from === undefined) return scan;
  const found = scan.damage?.detail ?? `the journal is damaged behind revision ${scan.position.revision}`;
  const detail = file.damage === undefined ? found : `${found} (${file.damage})`;
  return { ...scan, tornFrom: undefined, damage: { from, detail } };
}
