import type { SessionId } from "../../session/session-id.ts";
import type { Harvest } from "../draft/harvest.ts";
import type { BesideNotes } from "./beside-import.ts";
import type { DraftWriter } from "./draft-writer.ts";
import type { ImportPlan } from "./import-plan.ts";
import type { NewSessions } from "./new-sessions.ts";

/** What came of a file. */
export interface FileOutcome {
  readonly named: SessionId;
  readonly main: DraftWriter | undefined;
  readonly plan: ImportPlan;
  readonly others: readonly DraftWriter[];
  readonly harvest: Harvest;
  /** When what was made of it is stored; `undefined`: it is. */
  readonly stored: Promise<void> | undefined;
}

/** The session was moved to the trash: importing does not bring it back. */
export class InTrashError extends Error {
  readonly id: SessionId;

  constructor(id: SessionId) {
    super(`Session ${id} is in the trash.`);
    this.id = id;
  }
}

/** What an import asks of whoever runs it. */
export interface ImportHooks {
  readonly isTrashed: (id: SessionId) => Promise<boolean>;
  /** Whether the file is known to have had this path before. Default: it is not. */
  readonly wasAt?: (path: string) => boolean;
  readonly besideNotes?: BesideNotes | undefined;
  /** Where new sessions wait to be stored together. Default: each is stored at once. */
  readonly together?: NewSessions | undefined;
  /** Whether a session in which something was last said at this time rests, and is to be packed. Default: none does. */
  readonly isResting?: ((at: string) => boolean) | undefined;
  /** Told the bytes that were worked through, now and then. */
  readonly onProgress: ((bytes: number) => void) | undefined;
}
