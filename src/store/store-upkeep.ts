import type {
  EngineHealth,
  Expired,
  ExpireOptions,
  Repair,
  TrashedSession,
  Verification,
} from "../engine/contract.ts";
import { parseSessionId } from "../session/session-id.ts";
import { StoreBase } from "./store-base.ts";
import { traced } from "./tracing.ts";

/** What keeps a store in order: the trash, repairs, checkpoints, and the server below. */
export class StoreUpkeep extends StoreBase {
  /** Writes the whole session as one document, where Astrid and other readers find it. */
  async checkpoint(id: string): Promise<void> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    await traced("checkpoint", { id: sessionId }, () => this.engine.checkpoint(sessionId));
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

  /** What is in the trash, last removed first. */
  async trashed(): Promise<TrashedSession[]> {
    this.assertOpen();
    return await this.engine.trashed();
  }

  /** Brings a session back from the trash; false when it is not there. */
  async restore(id: string): Promise<boolean> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    return await this.engine.restore(sessionId);
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
}
