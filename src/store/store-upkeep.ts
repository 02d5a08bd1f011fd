import type {
  EngineHealth,
  Expired,
  ExpireOptions,
  Packing,
  Removal,
  Repair,
  TrashedSession,
  Verification,
  WorkspaceQuery,
} from "../engine/contract.ts";
import { cleanup, type CleanupOptions, type CleanupReport } from "../operations/cleanup/cleanup.ts";
import type { CleanupRule } from "../operations/cleanup/rule.ts";
import { redactSession, type Redaction, type RedactOptions } from "../operations/redact/redact.ts";
import { secretsIn, type SecretsFound } from "../operations/redact/secrets-in.ts";
import { workspaceAt } from "../operations/workspace-sessions.ts";
import { vacuum, type VacuumOptions, type VacuumReport } from "../operations/vacuum.ts";
import { checkOptions, checkText } from "../session/json/arguments.ts";
import { parseSessionId } from "../session/session-id.ts";
import { cleanupOld } from "./cleanup.ts";
import { restoreSession, type RestoreOptions } from "./restore-session.ts";
import { tokenFor, type SessionLease } from "./session-lease.ts";
import { StoreBase } from "./store-base.ts";
import type { CleanupOldOptions } from "./store-options.ts";
import { traced } from "./tracing.ts";

/** What keeps a store in order: the trash, repairs, checkpoints, and the server below. */
export class StoreUpkeep extends StoreBase {
  /** Writes the whole session as one document, where Astrid and other readers find it. */
  async checkpoint(id: string): Promise<void> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    await traced("checkpoint", { id: sessionId }, () => this.engine.checkpoint(sessionId));
  }

  /**
   * Keeps a session that rests in about a quarter of the room. It is listed, searched and read as before; the first
   * write to it unpacks it. Astrid does not see it meanwhile: `checkpoint` unpacks it for Astrid. A session that is held
   * stays as it is, and so does one that is written to during the call.
   * @throws {SessionNotFoundError | CorruptSessionError | ZstdMissingError}
   * @throws {NotSupportedError} in memory and on PostgreSQL, which compresses large values by itself.
   * @example
   * const { state, bytesBefore, bytesAfter } = await store.pack(id);
   */
  async pack(id: string): Promise<Packing> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    return await (this.engine.pack?.(sessionId) ?? this.unsupported("pack"));
  }

  /** Reads everything of a session and says what is wrong with it. Changes nothing. */
  async verify(id: string): Promise<Verification> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    return await this.engine.verify(sessionId);
  }

  /** Brings a damaged session back as far as its bytes go. Nothing is thrown away. */
  async repair(id: string): Promise<Repair> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    return await this.engine.repair(sessionId);
  }

  /**
   * Replaces secrets in everything that was ever stored of a session, so that no copy is left: in every revision, in the
   * side lists, in what the trash has of its id, in the document, the index, and what was set aside of it. What it
   * replaces has one of the definite forms, or is named. Revisions, positions, times and operation ids stay, and earlier
   * revisions still load; whoever has the session loaded gets a conflict. The file that it was imported from is given up,
   * where it is kept. A crash leaves the session as it was or redacted, and doing it again finishes.
   * @throws {SessionNotFoundError | InvalidArgumentError | CorruptSessionError | StorageError}
   * @throws {LeaseHeldError} while somebody else holds the session.
   * @example
   * const { found } = await store.redact(id, { also: ["correct horse battery"], dryRun: true });
   * for (const { kind, count } of found) console.log(kind, count);
   */
  async redact(id: string, options: RedactOptions & { lease?: SessionLease } = {}): Promise<Redaction> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    checkOptions(options);
    const { lease, ...how } = options;
    return await redactSession(this.engine, sessionId, how, tokenFor(sessionId, lease));
  }

  /**
   * Where secrets are in everything that is stored of a session, its history and the trash included, by kind and place;
   * none is told itself. Candidates are only likely to be secrets, and `redact` does not touch them. Changes nothing.
   * @throws {SessionNotFoundError | CorruptSessionError}
   */
  async secretsIn(id: string): Promise<SecretsFound> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    return await secretsIn(this.engine, sessionId);
  }

  /** What is in the trash, last removed first. */
  async trashed(): Promise<TrashedSession[]> {
    this.assertOpen();
    return await this.engine.trashed();
  }

  /**
   * Brings a session back from the trash, and the sessions of its sub-agents that are there too, which come first; when
   * it is interrupted, it can be repeated. False when the session is not in the trash.
   * @throws {ConflictError} when the id is in use.
   */
  async restore(id: string, options: RestoreOptions = {}): Promise<boolean> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    checkOptions(options, ["subagents"]);
    return await restoreSession(this.engine, sessionId, options);
  }

  /**
   * Removes what a rule takes: what is too old, too much, or neither among the newest. Sessions go together with those of
   * their sub-agents, into the trash, and each is in the log. Sessions that are pinned or held stay, and what cannot be read. The
   * rule is applied to the sessions as they are when it begins; one that changes before its turn comes stays. It may be
   * interrupted, and repeated. Nothing does this by itself.
   * @returns what went and why; with `dryRun` what would go. The trash of before is emptied by this call alone.
   * @throws {InvalidArgumentError} when the rule makes no sense; nothing was removed.
   * @example
   * const { sessions } = await store.cleanup({ olderThanDays: 90, by: "activity", keep: 10 }, { dryRun: true });
   * for (const { session, reason } of sessions) console.log(session.id, reason);
   */
  async cleanup(rule: CleanupRule, options: CleanupOptions = {}): Promise<CleanupReport> {
    this.assertOpen();
    return await cleanup(this.engine, rule, options);
  }

  /**
   * `cleanup` by Astrid's rule: moves sessions to the trash that are older than so many days.
   * @returns how many were (with `dryRun`: would be) removed.
   */
  async cleanupOld(days: number, options: CleanupOldOptions = {}): Promise<number> {
    this.assertOpen();
    checkOptions(options, ["dryRun", "trash"]);
    return await cleanupOld(this.engine, days, options);
  }

  /**
   * What cleanups have removed, newest first, when, and by which rule: all that they did remove, and nothing else.
   * @throws {NotSupportedError} where there is no such log.
   */
  async removals(): Promise<Removal[]> {
    this.assertOpen();
    return await (this.engine.removals?.() ?? this.unsupported("a log of removals"));
  }

  /**
   * Removes for good what went to the trash before a time (RFC 3339); without one everything, whatever the clock says.
   * @returns how many lives of sessions.
   * @throws {InvalidArgumentError} when the time is none.
   */
  async emptyTrash(before?: string): Promise<number> {
    this.assertOpen();
    return await this.engine.emptyTrash(before);
  }

  /**
   * Gives up what is named, for good: earlier revisions, the trash. Without `history` and `trash` nothing goes, and
   * nothing does this by itself. A session's current revision stays, and so does everything in it; its history begins
   * later then, which readers of what is gone are told. Sessions that are pinned or held keep theirs, and so do those of
   * which the trash has earlier lives, on files. A crash leaves each session as it was, or without; it may be repeated.
   * @returns what went; with `dryRun` what would go.
   * @throws {InvalidArgumentError | SessionNotFoundError} before anything went.
   * @example
   * const { bytes } = await store.vacuum({ history: { olderThanDays: 90 }, dryRun: true });
   */
  async vacuum(options: VacuumOptions): Promise<VacuumReport> {
    this.assertOpen();
    return await vacuum(this.engine, options);
  }

  /**
   * Makes the tables of a database, or brings them to this version; returns the version before, and now.
   * @throws {NotSupportedError} where there are none.
   * @throws {NewerSchemaError} when they are of a newer version.
   */
  async migrate(): Promise<{ readonly before: number; readonly now: number }> {
    this.assertOpen();
    return await (this.engine.migrate?.() ?? this.unsupported("migrations"));
  }

  /** How the server is that has the sessions. @throws {NotSupportedError} where there is none. */
  async health(): Promise<EngineHealth> {
    this.assertOpen();
    return await (this.engine.health?.() ?? this.unsupported("health"));
  }

  /**
   * Removes what is too old, in pages, of one or of all tenants of a database.
   * @throws {NotSupportedError}
   * @throws {InvalidArgumentError} when a time is none.
   */
  async expire(options: ExpireOptions): Promise<Expired> {
    this.assertOpen();
    return await (this.engine.expire?.(options) ?? this.unsupported("expire"));
  }

  /**
   * The workspace that `path` is in, for the `workspace` of a query: the sessions that `listForWorkspace` gives.
   * @example await store.search("needle", { workspace: await store.workspaceAt(process.cwd()) });
   */
  async workspaceAt(path: string): Promise<WorkspaceQuery> {
    this.assertOpen();
    checkText(path, "path");
    return await workspaceAt(path, this.engine);
  }
}
