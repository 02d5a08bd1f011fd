import type { SessionId } from "../../../session/session-id.ts";
import type { FileContext } from "../disk/file-context.ts";
import { Journal } from "../journal/journal.ts";
import { decodeRecord } from "../journal/record/decode-record.ts";
import { encodeTorn } from "../journal/record/encode-record.ts";
import { replaceByCopy, syncJournal } from "../journal/replace-journal.ts";
import type { CommitBatch } from "./commit-batch.ts";
import type { OpenSession } from "./open-session.ts";

/** What became of a batch. */
export type Appended =
  /** It is in the journal, and durable where one of its commits asked for that. */
  | {
      readonly kind: "stored";
      readonly bytes: number;
      readonly isDurable: boolean;
      readonly modified: bigint;
    }
  /** Someone wrote in spite of the lock: the commits with these tags count, the others have to be made again. */
  | { readonly kind: "intruded"; readonly won: ReadonlySet<string> }
  | { readonly kind: "failed"; readonly error: unknown; readonly outcome: "not-stored" | "unknown" };

/**
 * Writes a batch behind the journal's end and syncs it. The caller holds the session's lock, and has compared `session`
 * with the files.
 */
export async function appendBatch(
  context: FileContext,
  id: SessionId,
  session: OpenSession,
  batch: CommitBatch,
): Promise<Appended> {
  const { journal } = session;
  const bytes = batch.lines.length === 1 ? (batch.lines[0] as Buffer) : Buffer.concat(batch.lines);
  try {
    const written = journal.append(bytes, "journal.append");
    if (written !== undefined) await written;
  } catch (error) {
    return {
      kind: "failed",
      error,
      outcome: (await journal.rollBack(batch.start, bytes)) ? "not-stored" : "unknown",
    };
  }
  const isDurable = batch.all.some(({ durability }) => durability === "disk");
  if (isDurable) {
    try {
      await journal.sync("journal.sync");
    } catch (error) {
      return await afterFailedSync(context, id, session, batch, bytes, error);
    }
  }
  const modified = timeIfAlone(context, id, session, batch.end);
  if (modified === undefined) return await afterIntrusion(context, id, session, batch);
  return { kind: "stored", bytes: bytes.length, isDurable, modified };
}

/** The journal's time of change, if it is the same file and ends where it must: else someone else has written. */
function timeIfAlone(
  { disk, paths }: FileContext,
  id: SessionId,
  { inode, journal }: OpenSession,
  end: number,
): bigint | undefined {
  try {
    const found = disk.stat(paths.journal(id));
    const isAlone = found?.inode === inode && found.size + journal.header.origin === end;
    return isAlone ? found.modified : undefined;
  } catch {
    // Reading the journal tells as well, or fails with a reason.
    return undefined;
  }
}

/**
 * A sync that failed once may succeed falsely the next time: the file is replaced by a copy of what was acknowledged
 * before (and of the batch, if someone has written behind it). When that fails as well, whoever opens the session next in
 * this process tries it again; for other processes, what was not acknowledged is cut off at least.
 */
async function afterFailedSync(
  context: FileContext,
  id: SessionId,
  session: OpenSession,
  batch: CommitBatch,
  bytes: Buffer,
  error: unknown,
): Promise<Appended> {
  const { journal, position } = session;
  let isKept: boolean;
  try {
    const { end } = journal;
    isKept = end > batch.end;
    if (isKept) await replaceByCopy(context, id, journal, end);
    else await replaceByCopy(context, id, journal, batch.start, position.checksum);
  } catch {
    context.distrusted.set(id, session.inode);
    await journal.rollBack(batch.start, bytes);
    return { kind: "failed", error, outcome: "unknown" };
  }
  if (isKept) return await afterIntrusion(context, id, session, batch);
  return { kind: "failed", error, outcome: "not-stored" };
}

/** Someone wrote in spite of the lock: the order of the records in the file decides who was first. */
async function afterIntrusion(
  context: FileContext,
  id: SessionId,
  session: OpenSession,
  batch: CommitBatch,
): Promise<Appended> {
  const ours = batch.accepted.map(({ committed }) => committed.tag);
  try {
    return { kind: "intruded", won: await acceptedOf(context, id, session, ours) };
  } catch (error) {
    return { kind: "failed", error, outcome: "unknown" };
  }
}

/**
 * Which of our records count. Bytes of someone else's that stand before ours and cannot be read are marked as torn, as
 * the next writer would do.
 * @param ours the checksums of the records that were just written and synced, in order.
 */
async function acceptedOf(
  context: FileContext,
  id: SessionId,
  { journal, inode, position }: OpenSession,
  ours: readonly string[],
): Promise<ReadonlySet<string>> {
  while (context.disk.stat(context.paths.journal(id))?.inode === inode) {
    const accepted = new Set<string>();
    const scan = await journal.scan(position, ({ record }) => accepted.add(record.checksum));
    const bad = scan.tornFrom ?? scan.damage?.from;
    const next = ours.find((one) => !accepted.has(one));
    const begin = bad === undefined ? undefined : await offsetOf(journal, next, bad);
    if (bad === undefined || begin === undefined) return new Set(ours.filter((one) => accepted.has(one)));
    await journal.append(encodeTorn(bad, begin), "journal.append");
    await syncJournal(context, id, journal, "journal.sync");
  }
  return await acceptedInCopy(context, id, ours);
}

/** The same when another file, a copy, has taken the journal's place since. */
async function acceptedInCopy(
  context: FileContext,
  id: SessionId,
  ours: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = Journal.open(context.disk, context.paths, id, "append");
  if (found.kind !== "ok") throw new Error("the journal was removed while it was written");
  const { journal } = found;
  try {
    await syncJournal(context, id, journal, "journal.sync-seen");
    const accepted = new Set<string>();
    await journal.scan(journal.begin, ({ record }) => accepted.add(record.checksum));
    return new Set(ours.filter((one) => accepted.has(one)));
  } finally {
    journal.close();
  }
}

/** Where the record with this checksum stands behind `from`. */
async function offsetOf(
  journal: Journal,
  checksum: string | undefined,
  from: number,
): Promise<number | undefined> {
  if (checksum === undefined) return undefined;
  for await (const lines of journal.lines(from)) {
    for (const { offset, bytes, whole } of lines) {
      const record = whole && bytes.length > 0 ? decodeRecord(bytes) : undefined;
      if (record?.kind === "commit" && record.checksum === checksum) return offset;
    }
  }
  return undefined;
}
