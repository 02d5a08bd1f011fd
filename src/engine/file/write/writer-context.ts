import type { SessionId } from "../../../session/session-id.ts";
import type { FileContext } from "../disk/file-context.ts";
import type { OwnSave } from "./own-save.ts";
import type { UnsyncedTurns } from "./unsynced-turns.ts";

/** What everything that writes works with besides. */
export interface WriterContext extends FileContext {
  /** Told after a save was acknowledged; `undefined` when the session must be read to know what it is now. */
  readonly saved: (id: SessionId, save: OwnSave | undefined) => void;
  readonly unsyncedTurns: UnsyncedTurns;
}
