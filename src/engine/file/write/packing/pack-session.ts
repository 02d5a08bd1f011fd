import { SessionNotFoundError } from "../../../../session/errors/errors.ts";
import { ZstdMissingError } from "../../../../session/errors/packed-errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { Packing } from "../../../contract.ts";
import { isSame, type DiskFile, type FileStat } from "../../disk/disk.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { letGo } from "../../disk/let-go.ts";
import { storageError } from "../../disk/storage-error.ts";
import { Journal } from "../../journal/journal.ts";
import { decodeRecord } from "../../journal/record/decode-record.ts";
import { encodeSettled } from "../../journal/record/encode-record.ts";
import { syncJournal } from "../../journal/replace-journal.ts";
import { holderOf } from "../../lease/holders.ts";
import { isPackedAt } from "../../packed/seek-table.ts";
import { hasZstd } from "../../packed/zstd.ts";
import { readSessionTail } from "../../read/session-tail.ts";
import type { OpenSession } from "../open-session.ts";
import type { Turn } from "../session-writer.ts";
import { writePack, type WrittenPack } from "./packed-journal.ts";

/** Runs `work` alone among everything that writes the session. */
type Exclusively = <T>(work: (turn: Turn) => Promise<T>) => Promise<T>;

/** The session as it is to be packed. */
interface Resting {
  readonly journal: FileStat;
  readonly document: FileStat | undefined;
  /** Logical offset of the journal's end. */
  readonly end: number;
  /** Checksum of its last commit. */
  readonly checksum: string;
  /** What the pack is written to. It has its name since before the turn ended, so that whoever rewrites the session sees it. */
  readonly file: DiskFile;
}

/**
 * Puts a packed journal in the journal's place and removes the document. The bulk is written beside whatever else
 * happens to the session; when that was written to meanwhile, it stays as it is. A crash leaves the journal, or the packed
 * one with or without the document: the same session in each case.
 * @throws {SessionNotFoundError | CorruptSessionError | ZstdMissingError}
 */
export async function packSession(
  context: FileContext,
  id: SessionId,
  exclusively: Exclusively,
): Promise<Packing> {
  if (!hasZstd()) throw new ZstdMissingError(id, "pack");
  for (let attempt = 1; ; attempt++) {
    const packing = await packOnce(context, id, exclusively);
    // What changed may be a checkpoint of ours, which was under way.
    if (packing.state !== "changed" || attempt >= TRIES) return packing;
  }
}

const TRIES = 3;

async function packOnce(context: FileContext, id: SessionId, exclusively: Exclusively): Promise<Packing> {
  const before = await exclusively((turn) => settle(context, id, turn));
  if ("state" in before) return before;
  const bytesBefore = bytesOf(before);
  const { file } = before;
  try {
    const written = await beside(context, id, before);
    if (written === undefined) return { id, state: "changed", bytesBefore, bytesAfter: bytesBefore };
    const { path, size } = written;
    if (size >= bytesBefore) return { id, state: "not-smaller", bytesBefore, bytesAfter: bytesBefore };
    return await exclusively(() => place(context, id, before, path, size));
  } finally {
    letGo(file);
    await context.disk.remove(file.path, "temporary.remove").catch(() => undefined);
  }
}

/** The session in order, all of it synced, and its last line saying so; or why it is not to be packed. */
async function settle(context: FileContext, id: SessionId, turn: Turn): Promise<Resting | Packing> {
  const { disk, paths } = context;
  const path = paths.journal(id);
  const isHeld = async (): Promise<boolean> => (await holderOf(context, id)) !== null;
  if (isPackedAt(disk, path)) {
    if (await removeLeftDocument(context, id)) return stays(context, id, "was-packed");
    // To look further would unpack it.
    if (await isHeld()) return stays(context, id, "held");
  }
  for (;;) {
    const session = await turn.open();
    if (session === undefined || session.isRemoved) throw new SessionNotFoundError(id);
    if (await isHeld()) return stays(context, id, "held");
    const { journal, position, document } = session;
    const sync = (): Promise<boolean> => syncJournal(context, id, journal, "journal.sync");
    // What it says of everything before it is to be true. Where a sync fails, a copy has taken the journal's place.
    const isDone = (await sync()) && (!(await sayThatItEnds(session)) || (await sync()));
    if (!isDone) {
      turn.forget();
      continue;
    }
    const { end } = journal;
    const stat = journal.stat();
    turn.forget();
    const file = disk.create(paths.newTemporary(id), "pack.write");
    return { journal: stat, document: document?.stat, end, checksum: position.checksum, file };
  }
}

/**
 * So that the end can be told from its last lines, and a change of these is damage.
 * @returns false when it said so already.
 */
async function sayThatItEnds({ journal, position, end }: OpenSession): Promise<boolean> {
  for await (const [line] of journal.linesBackward(journal.begin.offset, end)) {
    const record = line === undefined ? undefined : decodeRecord(line);
    if (record?.kind === "settled" && line !== undefined && record.offset === end - line.length - 1)
      return false;
    break;
  }
  await journal.append(encodeSettled({ ...position, offset: end }), "journal.close");
  return true;
}

/** Writes the pack; `undefined` when the journal is another one by now. */
async function beside(
  context: FileContext,
  id: SessionId,
  { journal: known, end, checksum, file }: Resting,
): Promise<WrittenPack | undefined> {
  try {
    const found = Journal.open(context.disk, context.paths, id, "read");
    if (found.kind !== "ok") return undefined;
    const { journal } = found;
    try {
      if (!isSame(journal.stat(), known)) return undefined;
      return await writePack(id, file, journal, end, checksum);
    } finally {
      journal.close();
    }
  } catch (error) {
    throw storageError(error, `pack session ${id}`, "not-stored");
  }
}

/** Gives the pack its name, and removes the document when that is for certain. */
async function place(
  context: FileContext,
  id: SessionId,
  before: Resting,
  written: string,
  size: number,
): Promise<Packing> {
  const { disk, paths } = context;
  const path = paths.journal(id);
  if ((await holderOf(context, id)) !== null) return stays(context, id, "held");
  // Whoever looks for a secret removes every unfinished file of the session, also where the session has none.
  const isUnchanged =
    isSame(disk.stat(paths.checkpoint(id)), before.document) &&
    isSame(disk.stat(path), before.journal) &&
    disk.stat(written) !== undefined;
  if (!isUnchanged) return stays(context, id, "changed");
  await disk.rename(written, path, "pack.rename", Math.max(before.journal.size, size));
  // Without its document and unpacked, the session would be one that someone else has removed.
  await disk.syncDirectory(paths.root, "pack.sync-directory");
  await removeDocument(context, id, before.document);
  return { id, state: "packed", bytesBefore: bytesOf(before), bytesAfter: size };
}

/** Removes the document as it is known; not one that someone wrote at this very moment. */
async function removeDocument(
  { disk, paths }: FileContext,
  id: SessionId,
  known: FileStat | undefined,
): Promise<void> {
  if (known === undefined || !isSame(disk.stat(paths.checkpoint(id)), known)) return;
  await disk.remove(paths.checkpoint(id), "pack.remove-document");
  await disk.syncDirectory(paths.root, "pack.sync-directory");
}

/**
 * Finishes what a crash cut short: the document that the packed journal notes is removed.
 * @returns false when there is another one, whose change is to be taken over first.
 */
async function removeLeftDocument(context: FileContext, id: SessionId): Promise<boolean> {
  const { disk, paths } = context;
  const stat = disk.stat(paths.checkpoint(id));
  if (stat === undefined) return true;
  const found = Journal.open(disk, paths, id, "read");
  if (found.kind !== "ok") return false;
  try {
    const tail = readSessionTail(context, id, found.journal);
    if (tail?.document === undefined) return false;
    // The name of the packed journal may not be for certain yet.
    await disk.syncDirectory(paths.root, "pack.sync-directory");
    await removeDocument(context, id, stat);
    return true;
  } finally {
    found.journal.close();
  }
}

function stays({ disk, paths }: FileContext, id: SessionId, state: Packing["state"]): Packing {
  const bytes = (disk.stat(paths.journal(id))?.size ?? 0) + (disk.stat(paths.checkpoint(id))?.size ?? 0);
  return { id, state, bytesBefore: bytes, bytesAfter: bytes };
}

function bytesOf({ journal, document }: Resting): number {
  return journal.size + (document?.size ?? 0);
}
