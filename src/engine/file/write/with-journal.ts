import type { SessionId } from "../../../session/session-id.ts";
import type { FileContext } from "../disk/file-context.ts";
import { Journal } from "../journal/journal.ts";

/** Runs `work` on the session's journal, open for appending. */
export async function withJournal<T>(
  context: FileContext,
  id: SessionId,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  const found = Journal.open(context.disk, context.paths, id, "append");
  if (found.kind !== "ok")
    throw Object.assign(new Error("ENOENT: the journal has vanished"), { code: "ENOENT" });
  try {
    return await work(found.journal);
  } finally {
    found.journal.close();
  }
}
