import type { SessionId } from "../../../session/session-id.ts";
import { appendFully } from "../disk/append-fully.ts";
import { readFully } from "../checkpoint/checkpoint-reader.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { readJournalHeader, scanJournal } from "./journal-reader.ts";
import type { WriterState } from "../write/writer-state.ts";

const CHUNK = 1 << 20;

/**
 * Puts a checked copy in the place of a journal whose sync failed. The bytes from `drop.from` to `drop.to` (logical),
 * which were never acknowledged, are left out unless someone has written behind them.
 * @returns whether those bytes were kept, and are durable now.
 */
export async function replaceJournal(
  context: FileContext,
  id: SessionId,
  state: WriterState,
  drop: { readonly from: number; readonly to: number },
): Promise<boolean> {
  const { size } = state.file.stat();
  const kept = size + state.origin > drop.to;
  const expected = kept ? undefined : state.position.checksum;
  await replaceBy(context, id, state.file, kept ? size : drop.from - state.origin, expected);
  return kept;
}

/** The same for a journal that others wrote; everything in it is kept. */
export async function replaceWholeJournal(
  context: FileContext,
  id: SessionId,
  file: DiskFile,
): Promise<void> {
  await replaceBy(context, id, file, file.stat().size, undefined);
}

async function replaceBy(
  context: FileContext,
  id: SessionId,
  source: DiskFile,
  length: number,
  expected: string | undefined,
): Promise<void> {
  const { disk, paths } = context;
  const temporary = paths.newTemporary(id);
  const copy = disk.create(temporary, "journal.replace.write");
  let replaced = false;
  try {
    try {
      const buffer = Buffer.allocUnsafe(CHUNK);
      for (let position = 0; position < length;) {
        const count = await readFully(
          source,
          buffer.subarray(0, Math.min(CHUNK, length - position)),
          position,
        );
        if (count === 0) throw new Error("the journal shrank while it was copied");
        await appendFully(copy, buffer.subarray(0, count), "journal.replace.write");
        position += count;
      }
      await copy.sync("journal.replace.sync");
      await check(copy, expected);
    } finally {
      copy.close();
    }
    await disk.rename(temporary, paths.journal(id), "journal.replace.rename");
    replaced = true;
  } finally {
    if (!replaced) await disk.remove(temporary, "temporary.remove").catch(() => undefined);
  }
  await disk.syncDirectory(paths.root, "journal.sync-directory");
  context.report({
    kind: "journal-replaced",
    sessionId: id,
    message: "A sync of the session's journal failed; a checked copy has taken its place.",
  });
}

/** What was read for the copy came from memory: that it is whole is told by its checksums, not by the read. */
async function check(copy: DiskFile, expected: string | undefined): Promise<void> {
  const first = readJournalHeader(copy);
  if (first === undefined) throw new Error("the copy of the journal has no header");
  const { header, length } = first;
  const start = { offset: header.origin + length, revision: header.revision, checksum: header.checksum };
  const scan = await scanJournal(copy, header.origin, start, () => undefined);
  if (scan.damage !== undefined) throw new Error(`the copy of the journal is damaged: ${scan.damage.detail}`);
  if (expected !== undefined && scan.position.checksum !== expected) {
    throw new Error("the copy of the journal ends elsewhere than the journal did");
  }
}
