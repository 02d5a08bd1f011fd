import { EMPTY_HEAD, headChanges, listedFields, type SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { appendFully } from "../disk/append-fully.ts";
import type { FileContext } from "../disk/file-context.ts";
import { letGo } from "../disk/let-go.ts";

/** Tells one journal from any other of the same session. */
export function newJournalKey(): string {
  return process.getBuiltinModule("node:crypto").randomBytes(8).toString("hex");
}

/**
 * Gives a session a journal that is whole from the moment it has its name: written aside, synced, named, and the name
 * synced.
 * @param how `create` refuses when there is a journal already, `replace` takes its place.
 * @returns false when the name was taken.
 */
export async function publishJournal(
  context: FileContext,
  id: SessionId,
  content: Iterable<Buffer> | AsyncIterable<Buffer>,
  how: "create" | "replace",
): Promise<boolean> {
  const { disk, paths } = context;
  const temporary = paths.newTemporary(id);
  const file = disk.create(temporary, "journal.create");
  let published: boolean;
  try {
    try {
      for await (const bytes of content) await appendFully(file, bytes, "journal.create");
      await file.sync("journal.create.sync");
    } finally {
      letGo(file);
    }
    if (how === "replace") {
      await disk.rename(temporary, paths.journal(id), "journal.replace.rename");
      published = true;
    } else {
      published = await disk.publish(temporary, paths.journal(id), "journal.publish");
    }
    if (published) await disk.syncDirectory(paths.root, "journal.sync-directory");
  } finally {
    await disk.remove(temporary, "temporary.remove").catch(() => undefined);
  }
  return published;
}

/** Every field that differs from an empty head, and all listed ones, so that a journal stands on its own. */
export function fullSet(head: SessionHead): Partial<SessionHead> {
  const { tokenCount: _, ...changes } = {
    ...headChanges(EMPTY_HEAD, head),
    ...listedFields(head, { title: null }),
  };
  return changes;
}
