import { NotSupportedError, SessionStoreError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Json } from "../../../session/json.ts";
import { parsedMessage } from "../../../session/message.ts";
import { lastPreviewOf, PREVIEWED, previewOf, type SessionSummary } from "../../../session/summary.ts";
import type { SessionHead } from "../../../session/head.ts";
import type { Unreadable } from "../../contract.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { readLineNow } from "../disk/file-lines.ts";
import { messageSlices } from "../journal/journal-record.ts";
import { readSessionTail, type SessionTail } from "./known-session.ts";
import { streamMessages } from "./message-stream.ts";
import { readSession } from "./session-reader.ts";
import { sessionOfFile, type SessionPaths } from "../disk/session-paths.ts";
import { storageError } from "../disk/storage-error.ts";
import { TimeSlice } from "../disk/time-slice.ts";

/** What a scan finds of one session; `undefined` when the files amount to none. */
export type Scanned = { readonly summary: SessionSummary } | { readonly unreadable: Unreadable };

/** The ids that files of a store directory are named after. @throws {StorageError} when it is no readable directory. */
export function sessionsIn(disk: Disk, paths: SessionPaths): SessionId[] {
  let names: string[] | undefined;
  try {
    names = disk.list(paths.root);
  } catch (error) {
    throw storageError(error, `list the store ${paths.root}`);
  }
  const ids = new Set<SessionId>();
  for (const name of names ?? []) {
    const id = sessionOfFile(name);
    if (id !== undefined) ids.add(id);
  }
  return [...ids];
}

/** Looks at each session of a store, from the ends of its files where they are in order. Changes nothing. */
export async function* scanDirectory(
  disk: Disk,
  paths: SessionPaths,
  ids: Iterable<SessionId> = sessionsIn(disk, paths),
): AsyncGenerator<Scanned> {
  const slice = new TimeSlice();
  for (const id of ids) {
    if (slice.isOver) await slice.next();
    const found = await scanSession(disk, paths, id);
    if (found !== undefined) yield found;
  }
}

/** One session's summary, or why it cannot be read. */
export async function scanSession(
  disk: Disk,
  paths: SessionPaths,
  id: SessionId,
): Promise<Scanned | undefined> {
  try {
    const fromTail = summaryFromTail(disk, paths, id);
    if (fromTail !== undefined) {
      const lastMessagePreview = fromTail.lastMessagePreview ?? (await previewFromEnd(disk, paths, id));
      return { summary: { ...fromTail, lastMessagePreview } };
    }
    const { session } = await readSession(disk, paths, id);
    if (session === undefined) return undefined;
    const { head, revision, updatedAt, messages } = session;
    return {
      summary: summaryOf(id, head, {
        revision,
        updatedAt,
        messageCount: messages.length,
        bytes: bytesOf(disk, paths, id),
        lastMessagePreview: lastPreviewOf(messages),
      }),
    };
  } catch (error) {
    const reason = storageError(error, `read session ${id}`);
    if (!(reason instanceof SessionStoreError) || reason instanceof NotSupportedError) throw reason;
    const where = disk.stat(paths.checkpoint(id)) === undefined ? paths.journal(id) : paths.checkpoint(id);
    return { unreadable: { id, where, error: reason } };
  }
}

/** The summary as the files' ends tell it; its preview is `null` when the last commit has none. */
function summaryFromTail(disk: Disk, paths: SessionPaths, id: SessionId): SessionSummary | undefined {
  try {
    const file = disk.openToRead(paths.journal(id));
    if (file === undefined) return undefined;
    try {
      const tail = readSessionTail(disk, paths, id, file);
      if (tail === undefined) return undefined;
      const bytes = tail.journalStat.size + (tail.checkpoint?.stat.size ?? 0);
      const { head, updatedAt, messageCount } = tail;
      const { revision } = tail.scan.position;
      const lastMessagePreview = previewOfLastCommit(file, tail);
      return summaryOf(id, head, { revision, updatedAt, messageCount, bytes, lastMessagePreview });
    } finally {
      file.close();
    }
  } catch {
    // Whatever it is, reading the session whole tells it better.
    return undefined;
  }
}

export function summaryOf(
  id: SessionId,
  head: SessionHead,
  rest: Pick<SessionSummary, "revision" | "updatedAt" | "messageCount" | "bytes" | "lastMessagePreview">,
): SessionSummary {
  const { title, tags, userId, createdAt, tokenCount, workspacePath, workspaceId, parentId, model } = head;
  const { revision, updatedAt, messageCount, bytes, lastMessagePreview } = rest;
  return {
    id,
    title,
    tags,
    userId,
    createdAt,
    updatedAt,
    revision,
    messageCount,
    tokenCount,
    workspacePath,
    workspaceId,
    parentId,
    model,
    bytes,
    lastMessagePreview,
  };
}

/** The preview, when the last commit put a message with text at the session's end. */
function previewOfLastCommit(file: DiskFile, { scan, journal, messageCount }: SessionTail): string | null {
  if (scan.last?.splice === undefined) return null;
  const { splice, sizes } = scan.last;
  if (sizes.length === 0 || splice[0] + sizes.length !== messageCount) return null;
  const line = readLineNow(file, scan.lastOffset - journal.header.origin);
  if (line === undefined) return null;
  for (const text of messageSlices(
    line,
    scan.last,
    Math.max(sizes.length - PREVIEWED, 0),
    sizes.length,
  ).reverse()) {
    const preview = previewOf(parsedMessage(JSON.parse(text.toString("utf8")) as Json));
    if (preview !== undefined) return preview;
  }
  return null;
}

async function previewFromEnd(disk: Disk, paths: SessionPaths, id: SessionId): Promise<string | null> {
  for await (const { message } of streamMessages({ disk, paths }, id, { limit: PREVIEWED, reverse: true })) {
    const preview = previewOf(message);
    if (preview !== undefined) return preview;
  }
  return null;
}

function bytesOf(disk: Disk, paths: SessionPaths, id: SessionId): number {
  return (disk.stat(paths.checkpoint(id))?.size ?? 0) + (disk.stat(paths.journal(id))?.size ?? 0);
}
