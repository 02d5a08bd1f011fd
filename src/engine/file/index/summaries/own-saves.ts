import type { SessionId } from "../../../../session/session-id.ts";
import { summaryOf, type SessionSummary } from "../../../../session/summary/summary.ts";
import { isSame, type FileStat } from "../../disk/disk.ts";
import type { FileContext } from "../../disk/file-context.ts";
import type { OwnSave } from "../../write/own-save.ts";
import { identityOf } from "./file-identity.ts";
import type { SummaryTable } from "./summary-table.ts";

/** Saves of this many sessions are kept until they are put; those that came first are left to the next listing. */
const MOST_KEPT = 256;

/** The last save of each session that is not in the summaries yet. It is never wrong to forget one. */
export class OwnSaves {
  readonly #saves = new Map<SessionId, OwnSave>();

  get size(): number {
    return this.#saves.size;
  }

  /** Takes note of a save, or with `undefined` that the session must be read to know what it is. */
  note(id: SessionId, save: OwnSave | undefined): void {
    this.#saves.delete(id);
    if (save === undefined) return;
    this.#saves.set(id, save);
    if (this.#saves.size <= MOST_KEPT) return;
    const [first] = this.#saves.keys();
    if (first !== undefined) this.#saves.delete(first);
  }

  forget(): void {
    this.#saves.clear();
  }

  /** The saves become summaries without the sessions being read. The caller is writing to the table. */
  putInto(summaries: SummaryTable, { disk, paths }: Pick<FileContext, "disk" | "paths">): void {
    for (const [id, save] of this.#saves) {
      try {
        const after = summaryAfter(id, save, disk.stat(paths.journal(id)), disk.stat(paths.checkpoint(id)));
        if (after !== undefined) summaries.put(id, after.identity, { summary: after.summary, trashed: [] });
      } catch (error) {
        // A file that cannot be asked for is told of when the session is read; what SQLite says is the caller's.
        if ((error as { code?: unknown }).code === "ERR_SQLITE_ERROR") throw error;
      }
    }
    this.#saves.clear();
  }
}

/**
 * The summary after an own save and the identity that goes with it; `undefined` when the files have moved on since, or
 * the preview is not known, so that they have to be read.
 */
function summaryAfter(
  id: SessionId,
  save: OwnSave,
  journal: FileStat | undefined,
  document: FileStat | undefined,
): { identity: string; summary: SessionSummary } | undefined {
  if (journal?.inode !== save.journal.inode || journal.size !== save.journal.size) return undefined;
  if (!isSame(document, save.document)) return undefined;
  const { revision, updatedAt, head, messageCount, packed } = save;
  const bytes = journal.size + (document?.size ?? 0);
  const preview = save.preview.shown(messageCount);
  if (preview === undefined) return undefined;
  return {
    identity: identityOf(journal, document),
    summary: summaryOf(id, head, {
      ...{ revision, updatedAt, messageCount, bytes, lastMessagePreview: preview },
      ...(packed === true && { packed }),
    }),
  };
}
