import type { SessionId } from "../../session/session-id.ts";
import type { Problem } from "../problem.ts";
import type { Beginning } from "../read/beginning.ts";
import { SessionDraft } from "./draft.ts";

const PROBLEMS_KEPT = 100;

/** All that one file comes to: its session, others that stand in the same file, and what could not be read. */
export class Harvest {
  readonly beginning: Beginning;
  /** The file's own session. */
  readonly main = new SessionDraft();
  /** The first problems. */
  readonly problems: Problem[] = [];
  problemCount = 0;
  /** Whether something is in no message that should be. */
  lossy = false;
  /** Where the record that is being read stands. */
  place: { readonly line?: number; readonly offset: number } = { offset: 0 };
  /** Sub-agents that the file tells of, with the session whose calls began them. */
  readonly children = new Map<SessionId, SessionId>();
  /** Files beside this one that its records name, and the place of the record. */
  readonly beside = new Map<string, Harvest["place"]>();
  /** A digest of what was read of files beside this one, where messages are made of that too. */
  readBeside: string | undefined;
  readonly #others = new Map<string, SessionDraft>();

  constructor(beginning: Beginning) {
    this.beginning = beginning;
  }

  /** The draft of another session in the file; `make` sets it up when it is new. */
  other(key: string, make: (draft: SessionDraft) => void): SessionDraft {
    let draft = this.#others.get(key);
    if (draft === undefined) {
      draft = new SessionDraft();
      make(draft);
      this.#others.set(key, draft);
    }
    return draft;
  }

  get others(): readonly SessionDraft[] {
    return [...this.#others.values()];
  }

  /** Tells that something of the record at hand could not be taken. */
  problem(reason: string, { lost = true, salvaged = 0 } = {}): void {
    this.problemCount++;
    this.lossy ||= lost;
    if (this.problems.length < PROBLEMS_KEPT) this.problems.push({ ...this.place, reason, salvaged, lost });
  }
}
