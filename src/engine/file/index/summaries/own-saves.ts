import type { SessionId } from "../../../../session/session-id.ts";
import type { SessionSummary } from "../../../../session/summary.ts";
import type { FileStat } from "../../disk/disk.ts";
import { summaryOf } from "../../read/session-scan.ts";
import { isSame } from "../../write/open-session.ts";
import type { OwnSave } from "../../write/own-save.ts";
import { identityOf } from "./file-identity.ts";

/**
 * The summary after an own save and the identity that goes with it; `undefined` when the files have moved on since, or
 * the preview is not known, so that they have to be read.
 */
export function summaryAfter(
  id: SessionId,
  save: OwnSave,
  journal: FileStat | undefined,
  document: FileStat | undefined,
): { identity: string; summary: SessionSummary } | undefined {
  if (journal?.inode !== save.journal.inode || journal.size !== save.journal.size) return undefined;
  if (!isSame(document, save.document)) return undefined;
  const { revision, updatedAt, head, messageCount } = save;
  const bytes = journal.size + (document?.size ?? 0);
  const preview = save.preview.shown(messageCount);
  if (preview === undefined) return undefined;
  return {
    identity: identityOf(journal, document),
    summary: summaryOf(id, head, { revision, updatedAt, messageCount, bytes, lastMessagePreview: preview }),
  };
}
