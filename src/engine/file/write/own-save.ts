import type { SessionHead } from "../../../session/head.ts";
import type { FileStat } from "../disk/disk.ts";
import type { PreviewTracker } from "./preview-tracker.ts";

/** What a writer of this process knows of a session after a save: enough for its summary without reading it. */
export interface OwnSave {
  /** The files as the save left them. */
  readonly journal: Pick<FileStat, "inode" | "size" | "modified">;
  readonly document: FileStat | undefined;
  readonly packed?: true;
  readonly revision: number;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly messageCount: number;
  readonly preview: PreviewTracker;
}
