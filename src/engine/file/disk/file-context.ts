import type { SessionId } from "../../../session/session-id.ts";
import type { EngineReport } from "../../contract.ts";
import type { Disk } from "./disk.ts";
import type { SessionPaths } from "./session-paths.ts";
import type { StoreDirectory } from "./store-directory.ts";

/** What every part of the file engine works with. */
export interface FileContext {
  readonly disk: Disk;
  readonly paths: SessionPaths;
  readonly directory: StoreDirectory;
  readonly report: (report: EngineReport) => void;
  /** Journals, by inode number, whose sync failed and that could not be replaced yet. */
  readonly distrusted: Map<SessionId, bigint>;
}
