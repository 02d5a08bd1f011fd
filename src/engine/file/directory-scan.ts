import { NotSupportedError, SessionStoreError } from "../../session/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary.ts";
import type { SessionHead } from "../../session/head.ts";
import type { Unreadable } from "../contract.ts";
import type { Disk } from "./disk.ts";
import { readSessionTail } from "./known-session.ts";
import { readSession } from "./session-reader.ts";
import { sessionOfFile, type SessionPaths } from "./session-paths.ts";
import { storageError } from "./storage-error.ts";

/** What a scan finds of one session; `undefined` when the files amount to none. */
export type Scanned = { readonly summary: SessionSummary } | { readonly unreadable: Unreadable };

/** So long the scan holds the event loop at a time, in milliseconds. */
const SLICE = 10;

/** The ids that files of a store directory are named after. @throws {StorageError} when it is no readable directory. */
export function sessionsIn(disk: Disk, paths: SessionPaths): SessionId[] {
  let names: string[] | undefined;
  try {
    names = disk.list(paths.root);
  } catch (error) {
    throw storageError(error, `list the store ${paths.root}`, "not-stored");
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
  let begun = performance.now();
  for (const id of ids) {
    if (performance.now() - begun > SLICE) {
      await new Promise((resolve) => setImmediate(resolve));
      begun = performance.now();
    }
    const found = summaryFromTail(disk, paths, id) ?? (await scanSession(disk, paths, id));
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
    if (fromTail !== undefined) return fromTail;
    const { session } = await readSession(disk, paths, id);
    if (session === undefined) return undefined;
    const { head, revision, updatedAt, messages } = session;
    return {
      summary: summaryOf(id, head, {
        revision,
        updatedAt,
        messageCount: messages.length,
        bytes: bytesOf(disk, paths, id),
      }),
    };
  } catch (error) {
    const reason = storageError(error, `read session ${id}`, "not-stored");
    if (!(reason instanceof SessionStoreError) || reason instanceof NotSupportedError) throw reason;
    const where = disk.stat(paths.checkpoint(id)) === undefined ? paths.journal(id) : paths.checkpoint(id);
    return { unreadable: { id, where, error: reason } };
  }
}

function summaryFromTail(disk: Disk, paths: SessionPaths, id: SessionId): Scanned | undefined {
  try {
    const file = disk.openToRead(paths.journal(id));
    if (file === undefined) return undefined;
    try {
      const tail = readSessionTail(disk, paths, id, file);
      if (tail === undefined) return undefined;
      const bytes = tail.journalStat.size + (tail.checkpoint?.stat.size ?? 0);
      const { head, updatedAt, messageCount } = tail;
      return {
        summary: summaryOf(id, head, {
          revision: tail.scan.position.revision,
          updatedAt,
          messageCount,
          bytes,
        }),
      };
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
  rest: Pick<SessionSummary, "revision" | "updatedAt" | "messageCount" | "bytes">,
): SessionSummary {
  const { title, tags, userId, createdAt, tokenCount, workspacePath, workspaceId, parentId, model } = head;
  const { revision, updatedAt, messageCount, bytes } = rest;
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
  };
}

function bytesOf(disk: Disk, paths: SessionPaths, id: SessionId): number {
  return (disk.stat(paths.checkpoint(id))?.size ?? 0) + (disk.stat(paths.journal(id))?.size ?? 0);
}
