import type { Commit } from "../../session/commit.ts";
import { EMPTY_HEAD, headChanges, type HeadChanges, type SessionHead } from "../../session/head.ts";
import type { Json } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { forkedFrom } from "../../session/taken-over.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { StoredHead } from "../../store/reading/stored-head.ts";
import type { SessionDraft } from "../draft/draft.ts";
import { contentHash } from "../identity.ts";
import { ORIGINAL } from "../../operations/original.ts";
import { importStateOf, withImportState, type ImportState } from "./import-state.ts";
import type { NewSessions } from "./new-sessions.ts";
import { workspaceIdOf } from "./workspace-ids.ts";

/** Which part of its file a draft holds when it is written. */
export type FileMark = Pick<
  ImportState,
  "format" | "version" | "file" | "within" | "bytes" | "sha256" | "beside" | "read" | "problems" | "lossy"
>;

/** Where a session goes that is whole with its first commit. */
export interface Together {
  readonly sessions: NewSessions;
  readonly isResting: (at: string) => boolean;
}

/** Writes one draft into the store, as often as it has grown. Each write is one commit. */
export class DraftWriter {
  readonly draft: SessionDraft;
  readonly id: SessionId;
  /** Messages that the session has more than before (fewer: none). */
  added = 0;
  isNew: boolean;
  /** Whether anything was written. */
  changed = false;
  /** Whether messages that were there were taken away or replaced. */
  replaced = false;
  /** When what was written is stored; `undefined`: it is. */
  stored: Promise<void> | undefined;
  /** Whether it was packed when it was stored. */
  isPacked = false;
  readonly #store: SessionStore;
  readonly #fallbackTime: string;
  #head: SessionHead;
  #revision: number;
  #before: number;

  constructor(
    store: SessionStore,
    draft: SessionDraft,
    target: {
      readonly id: SessionId;
      readonly stored: StoredHead | undefined;
      readonly fallbackTime: string;
    },
  ) {
    this.#store = store;
    this.draft = draft;
    this.id = target.id;
    this.#head = target.stored?.head ?? EMPTY_HEAD;
    this.#revision = target.stored?.revision ?? 0;
    this.#before = target.stored?.messageCount ?? 0;
    this.isNew = target.stored === undefined;
    this.#fallbackTime = target.fallbackTime;
  }

  /**
   * Stores what the draft has more than was stored.
   * @param originals pieces of the file, which go with it.
   * @param together takes a new session that is whole with this, and stores it later; see `stored`.
   * @throws {ConflictError} when somebody else wrote to the session.
   */
  async write(
    mark: FileMark,
    originals: readonly Json[],
    isEnd: boolean,
    together?: Together,
  ): Promise<void> {
    const { conversation, facts } = this.draft;
    const splice = conversation.take(digestOf, isEnd);
    if (splice === undefined && originals.length === 0 && !(isEnd && this.#isBehind(mark))) return;
    const revision = this.#revision + 1;
    const { stored: messages, left } = conversation;
    const state: ImportState = { ...mark, messages, revision, title: facts.title, left };
    const head = await this.#headWith(state);
    const commit: Commit = {
      base: this.#revision,
      // Without any time in the file, the file's own.
      at: facts.activeAt ?? (this.#revision === 0 ? this.#fallbackTime : undefined),
      splice,
      set: headChanges(this.#head, head),
      side: originals.length === 0 ? undefined : { [ORIGINAL]: originals },
    };
    if (together !== undefined && this.#revision === 0) {
      const isResting = together.isResting(this.activeAt);
      const held = together.sessions.hold(this.id, commit, isResting, mark.bytes);
      this.stored = held.then((isPacked) => void (this.isPacked = isPacked));
    } else await this.#store.commit(this.id, commit);
    this.#revision = revision;
    this.#head = head;
    this.added += Math.max(conversation.stored - this.#before, 0);
    this.#before = conversation.stored;
    this.changed = true;
    this.replaced ||= (splice?.[1] ?? 0) > 0;
  }

  /** When something was last said in it, as far as that is known. */
  get activeAt(): string {
    return this.draft.facts.activeAt ?? this.#fallbackTime;
  }

  /** Whether the head does not know yet how far the file was read, or what that told of the session. */
  #isBehind(mark: FileMark): boolean {
    const state = importStateOf(this.#head);
    if (state === undefined || state.version !== mark.version || state.bytes !== mark.bytes) return true;
    if (state.file !== mark.file || state.beside !== mark.beside) return true;
    if (state.messages !== this.draft.conversation.length || state.sha256 !== mark.sha256) return true;
    // Some of it may be known at the file's end only.
    const usage = this.draft.facts.usage.toJson();
    return usage !== undefined && contentHash(usage) !== contentHash(this.#head.extra["usage"] ?? null);
  }

  async #headWith(state: ImportState): Promise<SessionHead> {
    const { draft } = this;
    const { facts, conversation } = draft;
    const found: HeadChanges = {
      model: facts.model,
      gitState:
        facts.branch === null && facts.commit === null
          ? null
          : { branch: facts.branch, commit: facts.commit },
      turnCount: conversation.prompts,
      toolCallCount: conversation.calls,
      tokenCount: conversation.tokens,
    };
    const own = { ...this.#head.custom, source: state.format, ...facts.custom };
    const custom = draft.forkedFrom === undefined ? own : forkedFrom(own, draft.forkedFrom, draft.takenOver);
    const before = importStateOf(this.#head);
    // A title of the user's own stays.
    const title = before === undefined || this.#head.title === before.title ? facts.title : this.#head.title;
    const head = { ...this.#head, ...found, title, custom };
    const extra = withImportState(this.#head.extra, state, facts.usageJson());
    if (this.#revision > 0) return { ...head, extra };
    return {
      ...head,
      extra,
      createdAt: facts.createdAt ?? this.#fallbackTime,
      systemPrompt: facts.systemPrompt,
      parentId: draft.parentId,
      workspacePath: facts.workspacePath,
      workspaceId: await workspaceIdOf(facts.workspacePath),
    };
  }
}

/** Equal for equal messages, whatever the order of their keys. */
export function digestOf(message: Message): string {
  return contentHash(message);
}
