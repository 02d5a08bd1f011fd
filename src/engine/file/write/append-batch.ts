import type { SessionId } from "../../../session/session-id.ts";
import { appendFully, appendFullyNow } from "../disk/append-fully.ts";
import type { CommitBatch } from "./commit-batch.ts";
import type { FileContext } from "../disk/file-context.ts";
import { replaceJournal } from "../journal/replace-journal.ts";
import { settleIntrusion } from "./settle-intrusion.ts";
import type { WriterState } from "./writer-state.ts";

/** Up to this many bytes are written without leaving the tick; more would hold up the event loop. */
const SMALL = 256 << 10;

/** What became of a batch. */
export type Appended =
  /** It is in the journal, and durable where one of its commits asked for that; `state` is the session with it. */
  | { readonly kind: "stored"; readonly bytes: number; readonly isDurable: boolean }
  /** Someone wrote in spite of the lock: the commits with these tags count, the others have to be made again. */
  | { readonly kind: "intruded"; readonly won: ReadonlySet<string> }
  | { readonly kind: "failed"; readonly error: unknown; readonly outcome: "not-stored" | "unknown" };

/**
 * Writes a batch behind the journal's end and syncs it. The caller holds the session's lock, and has compared `state`
 * with the files; unless the batch was stored, the state is not to be used again.
 */
export async function appendBatch(
  context: FileContext,
  id: SessionId,
  state: WriterState,
  batch: CommitBatch,
): Promise<Appended> {
  const { file } = state;
  const bytes = batch.lines.length === 1 ? (batch.lines[0] as Buffer) : Buffer.concat(batch.lines);
  try {
    if (bytes.length <= SMALL) appendFullyNow(file, bytes, "journal.append");
    else await appendFully(file, bytes, "journal.append");
  } catch (error) {
    return { kind: "failed", error, outcome: rollBack(state, bytes) ? "not-stored" : "unknown" };
  }
  const isDurable = batch.all.some(({ durability }) => durability === "disk");
  if (isDurable) {
    try {
      await file.sync("journal.sync");
    } catch (error) {
      return await afterFailedSync(context, id, state, batch, bytes, error);
    }
  }
  const modified = timeOfOwn(context, id, state, bytes.length);
  if (modified === undefined) {
    return await afterIntrusion(context, id, state, batch);
  }
  state.end = batch.end;
  state.modified = modified;
  if (isDurable) state.synced = batch.end;
  state.position = batch.position;
  state.head = batch.head;
  state.messageCount = batch.messageCount;
  state.listing = batch.listing;
  return { kind: "stored", bytes: bytes.length, isDurable };
}

/** When the file was changed; `undefined` when it is not the session's journal any more, or holds more than we wrote. */
function timeOfOwn(
  { disk, paths }: FileContext,
  id: SessionId,
  { inode, origin, end }: WriterState,
  length: number,
): bigint | undefined {
  try {
    const found = disk.stat(paths.journal(id));
    return found?.inode === inode && found.size === end - origin + length ? found.modified : undefined;
  } catch {
    return undefined;
  }
}

/** Takes back a write that failed half-way, so that a full disk gets its space back; true when nothing of it is left. */
function rollBack({ file, end, origin }: WriterState, bytes: Buffer): boolean {
  const start = end - origin;
  try {
    const { size } = file.stat();
    // What is not ours is not cut off: someone may have written in spite of the lock.
    const found = Buffer.alloc(Math.min(Math.max(size - start, 0), bytes.length + 1));
    const isOurs =
      file.readNow(found, start) === found.length && bytes.subarray(0, found.length).equals(found);
    if (isOurs && found.length > 0) file.truncate(start, "journal.roll-back");
    return file.stat().size === start;
  } catch {
    // What is left is an incomplete line, or unacknowledged ones: the next to open the session deals with them.
    return false;
  }
}

/**
 * A sync that failed once may succeed falsely the next time: the file is replaced by a copy of what was acknowledged
 * before. When that fails as well, whoever opens the session next in this process tries it again; for other processes,
 * what was not acknowledged is cut off at least.
 */
async function afterFailedSync(
  context: FileContext,
  id: SessionId,
  state: WriterState,
  batch: CommitBatch,
  bytes: Buffer,
  error: unknown,
): Promise<Appended> {
  let kept: boolean;
  try {
    kept = await replaceJournal(context, id, state, { from: batch.start, to: batch.end });
  } catch {
    context.distrusted.set(id, state.inode);
    rollBack(state, bytes);
    return { kind: "failed", error, outcome: "unknown" };
  }
  if (kept) return await afterIntrusion(context, id, state, batch);
  return { kind: "failed", error, outcome: "not-stored" };
}

/** Someone wrote in spite of the lock: the order of the records in the file decides who was first. */
async function afterIntrusion(
  context: FileContext,
  id: SessionId,
  state: WriterState,
  batch: CommitBatch,
): Promise<Appended> {
  const ours = batch.accepted.map(({ committed }) => committed.tag);
  try {
    return { kind: "intruded", won: await settleIntrusion(context, id, state, ours) };
  } catch (error) {
    return { kind: "failed", error, outcome: "unknown" };
  }
}
