import "./runtime.ts";

export {
  importFile,
  ImportRun,
  type AnyResult,
  type FileOptions,
  type ImportOptions,
} from "./importers/import.ts";
export type { ImportedSession, ImportOutcome, ImportResult } from "./importers/import-result.ts";
export { detectFormat, type DetectedFormat } from "./importers/detect-format.ts";
export type { Problem } from "./importers/problem.ts";
export {
  syncSessions,
  type SyncedSource,
  type SyncOptions,
  type SyncReport,
} from "./importers/sync/sync-sessions.ts";
export {
  syncStatus,
  type SourceStatus,
  type StatusOptions,
  type SyncStatus,
} from "./importers/sync/status.ts";
export type { GivenSource } from "./importers/sync/sources.ts";
export { followSessions, type FollowOptions, type SyncPass, type Taken } from "./importers/sync/follow.ts";
export { giveBack, type GiveBackOptions, type GivenBack } from "./importers/original/give-back.ts";
export {
  moveProject,
  planMove,
  type MovePlan,
  type MoveProjectOptions,
} from "./importers/move-project/move-project.ts";
