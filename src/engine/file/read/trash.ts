import { join } from "node:path";
import type { SessionId } from "../../../session/session-id.ts";
import type { TrashedSession } from "../../contract.ts";
import { sessionsIn } from "./directory-scan.ts";
import type { FileContext } from "../disk/file-context.ts";
import { readJournalHeader, readTail, scanJournal } from "../journal/journal-reader.ts";
import { setOf } from "../journal/journal-record.ts";
import { isLeftOver, trashFolders } from "../write/removal.ts";
import { readSession } from "./session-reader.ts";
import { SessionPaths } from "../disk/session-paths.ts";

/** What is in the trash, last removed first; what a crash kept from getting there counts as well. */
export async function listTrash(context: FileContext): Promise<TrashedSession[]> {
  const found: TrashedSession[] = [];
  for (const id of sessionsIn(context.disk, context.paths)) {
    if (isOnItsWay(context, id))
      found.push({
        id,
        removedAt: new Date().toISOString(),
        ...(await describe(context, id, context.paths)),
      });
  }
  for (const { id, time, path } of trashFolders(context)) {
    if (isLeftOver(context, id, path)) continue;
    const paths = new SessionPaths(path);
    found.push({ id, removedAt: new Date(time).toISOString(), ...(await describe(context, id, paths)) });
  }
  return found;
}

/** Removes what went to the trash before `before`; returns how many sessions. */
export async function emptyTrash(context: FileContext, before: Date): Promise<number> {
  const { disk, paths } = context;
  const old = trashFolders(context).filter(({ time }) => time < before.getTime());
  for (const { path } of old) {
    for (const name of disk.list(path) ?? []) await disk.remove(join(path, name), "trash.move");
    await disk.remove(path, "trash.move");
  }
  if (old.length > 0) await disk.syncDirectory(paths.trash, "trash.sync-directory");
  return old.length;
}

function isOnItsWay({ disk, paths }: FileContext, id: SessionId): boolean {
  const file = disk.stat(paths.journal(id))?.kind === "file" ? disk.openToRead(paths.journal(id)) : undefined;
  if (file === undefined) return false;
  try {
    const first = readJournalHeader(file);
    return first !== undefined && readTail(file, first.header)?.removed === "trash";
  } finally {
    file.close();
  }
}

async function describe(
  { disk }: FileContext,
  id: SessionId,
  paths: SessionPaths,
): Promise<Pick<TrashedSession, "title" | "messageCount">> {
  const file = disk.openToRead(paths.journal(id));
  const first = file === undefined ? undefined : readJournalHeader(file);
  try {
    if (file === undefined || first === undefined) {
      const { session } = await readSession(disk, paths, id).catch(() => ({ session: undefined }));
      return { title: session?.head.title ?? null, messageCount: session?.messages.length ?? 0 };
    }
    const { header, length } = first;
    let title: string | null = null;
    const start = { offset: header.origin + length, revision: header.revision, checksum: header.checksum };
    const scan = await scanJournal(file, header.origin, start, (record, line) => {
      title = setOf(line, record)?.title ?? title;
    });
    return { title, messageCount: scan.last?.messageCount ?? 0 };
  } finally {
    file?.close();
  }
}
