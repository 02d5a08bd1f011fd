import type { StorageEngine } from "../../engine/contract.ts";
import type { AgentSession } from "../../session/agent-session.ts";
import type { Commit, Committed } from "../../session/commit.ts";
import { redactCommit, redactHead } from "../../redaction/redact-commit.ts";
import type { Redact } from "../../redaction/redact.ts";
import { ConflictError } from "../../session/errors/errors.ts";
import { checkStoredHead, type SessionHead } from "../../session/head.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SideLists } from "../../session/side-lists.ts";
import { tokensIn, type TokenEstimator } from "../../session/summary/tokens.ts";
import { takenOverOf, withTakenOver } from "../../session/taken-over.ts";
import { Workspace } from "../../home/workspace.ts";
import type { Saved, SaveOptions } from "../store-options.ts";
import { changeBetween, keptBeginning, type SavedState } from "./change.ts";
import { GitStates } from "./git-states.ts";
import { tokenFor } from "../session-lease.ts";
import { isUnknown, storedAttempt } from "./unknown-outcome.ts";

/** A session object as it was when a commit was made of it whose outcome is unknown. */
interface UnknownSave {
  readonly commit: Commit;
  /** As it is stored. */
  readonly head: SessionHead;
  readonly saved: Omit<SavedState, "committed">;
}

/** What is stored with a session object's change. */
interface With extends SaveOptions {
  /** What is stored beside its messages. */
  readonly side?: SideLists | undefined;
}

/** Stores of each session object what has changed since it was last saved or loaded. */
export class SessionSaves {
  readonly #engine: StorageEngine;
  readonly #commit: (id: SessionId, commit: Commit) => Promise<Committed>;
  /** What of each session object is stored, so that a save stores the difference only. */
  readonly #saved = new WeakMap<AgentSession, SavedState>();
  /** What of each session object may be stored, on top of that: one of these, or none. */
  readonly #unknown = new WeakMap<AgentSession, readonly UnknownSave[]>();
  readonly #saving = new WeakMap<AgentSession, Promise<Saved>>();
  readonly #git = new GitStates();
  readonly #redact: Redact | undefined;
  readonly #estimate: TokenEstimator;

  /** @param redact changes what is stored, not what session objects hold. */
  constructor(
    engine: StorageEngine,
    commit: (id: SessionId, commit: Commit) => Promise<Committed>,
    redact: Redact | undefined,
    estimate: TokenEstimator,
  ) {
    this.#engine = engine;
    this.#commit = commit;
    this.#redact = redact;
    this.#estimate = estimate;
  }

  /** A session object is what is stored. */
  noteLoaded(session: AgentSession, state: SavedState): void {
    this.#saved.set(session, state);
  }

  /** Saves of one session object queue. */
  save(session: AgentSession, more: With = {}): Promise<Saved> {
    const before = this.#saving.get(session);
    const begin = (): Promise<Saved> => this.#save(session, more);
    const save = before === undefined ? begin() : before.then(begin, begin);
    this.#saving.set(session, save);
    const done = (): void => {
      if (this.#saving.get(session) === save) this.#saving.delete(session);
    };
    save.then(done, done);
    return save;
  }

  async #save(session: AgentSession, { operationId, side, lease }: With): Promise<Saved> {
    const token = tokenFor(session.id, lease);
    // Whatever else it is, the session's own check refuses.
    if (typeof session.workspacePath === "string") await this.#noteWorkspace(session, session.workspacePath);
    for (;;) {
      const saved = this.#saved.get(session);
      const unknown = this.#unknown.get(session) ?? [];
      const messages = session.messageArray();
      noteTakenOver(session, keptBeginning(saved, messages), this.#estimate);
      const head = session.head();
      const length = messages.length;
      const change = changeBetween(saved, head, messages);
      // With a change in doubt the session is not known to be what it was: that it is to be is a commit too.
      if (saved !== undefined && change === undefined && unknown.length === 0)
        return { ...saved.committed, repeated: false, unchanged: true };
      // A child has its parent's grants, which an earlier version may have stored.
      if (change?.set !== undefined) checkStoredHead(change.set);
      const base = saved?.committed.revision ?? 0;
      const baseTag = saved?.committed.tag;
      const whole: Commit = { base, baseTag, operationId, ...change, side, lease: token };
      const commit = this.#redact === undefined ? whole : redactCommit(whole, this.#redact);
      try {
        const committed = await this.#commit(session.id, commit);
        this.#unknown.delete(session);
        this.#saved.set(session, { head, messages, length, committed });
        return { ...committed, unchanged: false };
      } catch (error) {
        if (isUnknown(error)) {
          const stored = this.#redact === undefined ? head : redactHead(head, this.#redact);
          const attempt = { commit, head: stored, saved: { head, messages, length } };
          this.#unknown.set(session, [...unknown, attempt]);
        }
        if (!(error instanceof ConflictError) || unknown.length === 0) throw error;
        const stored = await storedAttempt(this.#engine, session.id, unknown);
        this.#unknown.delete(session);
        if (stored === undefined) throw error;
        // The conflict was with ourselves: what has changed since that attempt is stored on top of it.
        const { attempt, committed } = stored;
        this.#saved.set(session, { ...attempt.saved, committed });
      }
    }
  }

  /** Where the session's workspace stands; only the first save waits for that. */
  async #noteWorkspace(session: AgentSession, path: string): Promise<void> {
    const isFirst = !this.#saved.has(session);
    const git = isFirst ? await this.#git.first(path) : this.#git.latest(path);
    if (git !== undefined) session.gitState = git;
    if (isFirst) session.workspaceId ??= (await Workspace.detect(path)).id ?? null;
  }
}

/** Of a fork whose beginning was replaced, that much less was said in the other session. */
function noteTakenOver(session: AgentSession, kept: number | undefined, estimate: TokenEstimator): void {
  const { metadata } = session;
  const before = (metadata as { readonly custom?: SessionHead["custom"] } | undefined)?.custom;
  if (kept === undefined || typeof before !== "object" || takenOverOf(before) <= kept) return;
  const tokens = tokensIn(session.messageArray().slice(0, kept), estimate);
  metadata.custom = { ...withTakenOver(before, { messages: kept, tokens }) };
}
