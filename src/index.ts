import "./runtime.ts";
export { AgentSession, type AgentSessionOptions, type SessionMetadata } from "./session/agent-session.ts";
export type { Commit, Committed, SpliceStart } from "./session/commit.ts";
export type { ContextOptions } from "./session/context/context.ts";
export type { Unpaired } from "./session/context/pairs.ts";
export * from "./session/errors/errors.ts";
export type { Holder } from "./session/summary/holder.ts";
export * from "./session/errors/lease-errors.ts";
export * from "./session/errors/packed-errors.ts";
export * from "./session/errors/peer-errors.ts";
export type { GitState, HeadChanges, HeadField, SessionHead } from "./session/head.ts";
export type { Json, JsonObject } from "./session/json/json.ts";
export {
  Message,
  type MessageOptions,
  type Part,
  type Role,
  type ToolCall,
  type ToolResult,
} from "./session/message.ts";
export { isSessionId, newSessionId, parseSessionId, type SessionId } from "./session/session-id.ts";
export {
  projectMessage,
  type ProjectedAttachment,
  type ProjectedMessage,
  type ProjectedPart,
  type ProjectedToolCall,
  type ProjectedToolResult,
} from "./session/projection/project-message.ts";
export { isArchived, isPinned } from "./session/summary/marks.ts";
export type { SideLists } from "./session/side-lists.ts";
export { SessionView } from "./session/session-view.ts";
export { displayTitle, type SessionSummary } from "./session/summary/summary.ts";
export { estimateTokens, type TokenEstimator } from "./session/summary/tokens.ts";
export { findSecrets, type FindSecretsOptions, type FoundSecret } from "./redaction/find-secrets.ts";
export { redactMessage, redactSecrets, type Redact } from "./redaction/redact.ts";
export type { SecretTier } from "./redaction/secret-formats.ts";
export { AstridHome } from "./home/astrid-home.ts";
export { Workspace } from "./home/workspace.ts";
export type {
  Durability,
  EngineCapabilities,
  EngineHealth,
  EngineListener,
  EngineProgress,
  EngineReport,
  Expired,
  ExpireOptions,
  ListPage,
  ListQuery,
  MessageRange,
  PositionedMessage,
  ReadOptions,
  Removal,
  RemovalNote,
  RemoveOptions,
  Packing,
  Repair,
  SearchHit,
  SearchQuery,
  SideItem,
  SideRange,
  Snapshot,
  StorageEngine,
  StoredCommit,
  StoredHead,
  StoredSession,
  TrashedSession,
  Unreadable,
  Verification,
  WorkspacePlace,
  WorkspaceQuery,
} from "./engine/contract.ts";
export type { GivenUp, GiveUpOptions, KeptFrom } from "./engine/give-up.ts";
export type { EngineLease, LeaseOptions } from "./engine/lease.ts";
export { EngineEvents } from "./engine/engine-events.ts";
export { FileEngine, type FileEngineOptions } from "./engine/file/file-engine.ts";
export { MemoryEngine } from "./engine/memory/memory-engine.ts";
export type { CleanupOptions, CleanupReport } from "./operations/cleanup/cleanup.ts";
export type { Cleaned, Kept } from "./operations/cleanup/plan.ts";
export type { Protection } from "./operations/cleanup/protection.ts";
export type { CleanupFilter, CleanupRule } from "./operations/cleanup/rule.ts";
export type { CompactOptions } from "./operations/compact.ts";
export type { ForkAt } from "./operations/fork.ts";
export type { Organized } from "./operations/organize.ts";
export type { FoundKind, Redaction, RedactOptions } from "./operations/redact/redact.ts";
export type { SecretCount, SecretPlace, SecretsFound } from "./operations/redact/secrets-in.ts";
export type { Relinked, RelinkOptions } from "./operations/relink.ts";
export type { RewindTo } from "./operations/rewind.ts";
export type { ContentBytes, Usage, UsageBy, UsageQuery } from "./operations/usage.ts";
export type { SparedSession, VacuumedSession, VacuumOptions, VacuumReport } from "./operations/vacuum.ts";
export type { WorkspaceSummary } from "./operations/workspaces.ts";
export { copyStore, type CopiedSession, type CopyOptions, type CopyReport } from "./store/copy-store.ts";
export type { DeleteOptions } from "./store/delete-session.ts";
export type { RestoreOptions } from "./store/restore-session.ts";
export { SessionStore } from "./store/session-store.ts";
export type { SessionLease, UnderLease } from "./store/session-lease.ts";
export type { Revision, RevisionChange } from "./store/reading/history.ts";
export type { StoreEmitter, StoreEvents } from "./store/store-events.ts";
export type { SessionSnapshot } from "./store/reading/snapshot.ts";
export type {
  AppendOptions,
  CleanupOldOptions,
  LoadOptions,
  Logger,
  MaybeView,
  Saved,
  SaveOptions,
  SessionStoreOptions,
  SnapshotOptions,
  ViewOptions,
} from "./store/store-options.ts";
export type { WatchOptions } from "./store/reading/watch.ts";
