import type { SessionId } from "../../../session/session-id.ts";
import type { EngineReport } from "../../contract.ts";
import type { Disk } from "./disk.ts";
import type { OwnSave } from "../index/summaries/own-saves.ts";
import type { SessionPaths } from "./session-paths.ts";
import type { StoreDirectory } from "./store-directory.ts";
import type { UnsyncedTurns } from "../write/unsynced-turns.ts";

/** What every part of the file engine works with. */
export interface FileContext {
  readonly disk: Disk;
  readonly paths: SessionPaths;
  readonly directory: StoreDirectory;
  readonly report: (report: EngineReport) => void;
  /** Told after a save was acknowledged; `undefined` when the session must be read to know what it is now. */
  readonly saved: (id: SessionId, save: OwnSave | undefined) => void;
  /** Journals, by inode number, whose sync failed and that could not be replaced yet. */
  readonly distrusted: Map<SessionId, bigint>;
  readonly unsyncedTurns: UnsyncedTurns;
}
