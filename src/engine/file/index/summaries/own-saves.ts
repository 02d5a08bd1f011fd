import type { SessionId } from "../../../../session/session-id.ts";
import type { SessionSummary } from "../../../../session/summary.ts";
import type { FileStat } from "../../disk/disk.ts";
import { summaryOf } from "../../read/directory-scan.ts";
import type { WriterState } from "../../write/writer-state.ts";
import { identityOf } from "./file-identity.ts";

/** What a writer of this process knows of a session after a save: enough for its summary without reading it. */
export interface OwnSave {
  readonly state: Readonly<
    Pick<
      WriterState,
      "inode" | "origin" | "end" | "position" | "head" | "messageCount" | "checkpoint" | "preview"
    >
  >;
  readonly updatedAt: string;
}

/**
 * The summary after an own save and the identity that goes with it; `undefined` when the files have moved on since, or
 * the preview is not known, so that they have to be read.
 */
export function summaryAfter(
  id: SessionId,
  { state, updatedAt }: OwnSave,
  journal: FileStat | undefined,
  checkpoint: FileStat | undefined,
): { identity: string; summary: SessionSummary } | undefined {
  const { inode, origin, end, position, head, messageCount } = state;
  if (journal?.inode !== inode || journal.size + origin !== end) return undefined;
  const known = state.checkpoint?.stat;
  if (checkpoint?.inode !== known?.inode || checkpoint?.size !== known?.size) return undefined;
  if (checkpoint?.modified !== known?.modified) return undefined;
  const bytes = journal.size + (checkpoint?.size ?? 0);
  const { revision } = position;
  const preview = state.preview.shown(messageCount);
  if (preview === undefined) return undefined;
  return {
    identity: identityOf(journal, checkpoint),
    summary: summaryOf(id, head, { revision, updatedAt, messageCount, bytes, lastMessagePreview: preview }),
  };
}
