import type { SessionId } from "../../../session/session-id.ts";
import type { FileContext } from "../disk/file-context.ts";
import type { OwnSave } from "./own-save.ts";
import type { EventLoopTurns } from "../disk/event-loop-turns.ts";

/** What everything that writes works with besides. */
export interface WriterContext extends FileContext {
  /** Told after a save was acknowledged; `undefined` when the session must be read to know what it is now. */
  readonly saved: (id: SessionId, save: OwnSave | undefined) => void;
  readonly turns: EventLoopTurns;
  /** Builds a session's journal anew from what of it can be read. The caller holds the session's lock. */
  readonly rebuild: (id: SessionId, why: string) => Promise<void>;
}
