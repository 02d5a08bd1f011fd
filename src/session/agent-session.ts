import { InvalidArgumentError, InvalidSessionError } from "./errors/errors.ts";
import { checkHead, EMPTY_HEAD, type GitState, type SessionHead } from "./head.ts";
import { contextOf, type ContextOptions } from "./context/context.ts";
import { compactionOf } from "./context/steps.ts";
import { frozenAgain, frozenJson, type Json, type JsonObject } from "./json/json.ts";
import { Message } from "./message.ts";
import { metadataOf, type SessionMetadata } from "./metadata.ts";
import { defined, headFromOptions, type AgentSessionOptions } from "./session-options.ts";
import { newSessionId, parseSessionId, type SessionId } from "./session-id.ts";
import { timeMs } from "./time.ts";
import { AUTO_TITLE, TITLED_BY, autoTitleOf, splitAutoTitle } from "./summary/title.ts";
import { estimateTokens, type TokenEstimator } from "./summary/tokens.ts";

export type { SessionMetadata } from "./metadata.ts";
export type { AgentSessionOptions } from "./session-options.ts";

/** Node's `util.inspect.custom`. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Grants and budget, which a child session shares with its parent: a change in one is seen in the other. */
interface SharedState {
  allowances: readonly Json[];
  budgetSnapshot: JsonObject | null;
}

/**
 * A session in memory: its messages and the state around them. Nothing is stored until `SessionStore.save`.
 *
 * Messages are immutable; they change through the methods. Everything else is plain properties.
 *
 * @example
 * const session = new AgentSession({ systemPrompt: "You are helpful", workspacePath: process.cwd() });
 * session.addMessage(Message.user("Hello"));
 */
export class AgentSession {
  readonly id: SessionId;
  readonly createdAt: string;
  /** The session that this one is a sub-agent of. */
  readonly parentId: SessionId | null;
  userId: string;
  systemPrompt: string;
  /** The estimated size of the messages; `addMessage` adds to it. */
  tokenCount: number;
  readonly metadata: SessionMetadata;
  workspacePath: string | null;
  workspaceId: string | null;
  model: string | null;
  /** Captured by `save` from the workspace. */
  gitState: GitState | null;
  #escapeState: JsonObject | null;
  #extra: JsonObject;
  #metadataExtra: JsonObject;
  #shared: SharedState;
  #messages: Message[];
  #view: readonly Message[] | undefined;
  #estimate: TokenEstimator;
  /** As they were when the head was last asked for. */
  #tags: readonly string[] = EMPTY_HEAD.tags;
  #custom: SessionHead["custom"] = EMPTY_HEAD.custom;
  /** What it is called by itself, where no title was set when that was looked for. */
  #autoTitle: string | undefined;
  /** It began here, so that whoever speaks first in it is known. */
  #isNew = true;
  /** The messages, and how many of them, when a title was looked for last. */
  #lookedAt: readonly [messages: readonly Message[], count: number] = [[], 0];

  constructor(options: AgentSessionOptions = {}) {
    const head = headFromOptions(options);
    this.id = options.id === undefined ? newSessionId() : parseSessionId(options.id);
    this.createdAt = head.createdAt;
    this.parentId = head.parentId === null ? null : parseSessionId(head.parentId);
    this.userId = head.userId;
    this.systemPrompt = head.systemPrompt;
    this.tokenCount = 0;
    this.metadata = metadataOf(head);
    this.workspacePath = head.workspacePath;
    this.workspaceId = head.workspaceId;
    this.model = head.model;
    this.gitState = null;
    this.#escapeState = null;
    this.#extra = EMPTY_HEAD.extra;
    this.#metadataExtra = EMPTY_HEAD.metadataExtra;
    this.#shared = { allowances: [], budgetSnapshot: null };
    this.#messages = [];
    this.#estimate = options.estimateTokens ?? estimateTokens;
    for (const message of options.messages ?? []) this.addMessage(message);
  }

  /** The messages, oldest first; a frozen array that later changes do not touch. */
  get messages(): readonly Message[] {
    this.#view ??= Object.freeze(this.#messages.slice());
    return this.#view;
  }

  get messageCount(): number {
    return this.#messages.length;
  }

  /** "Allow for this session" grants; carried through, never evaluated. Shared with child sessions. */
  get allowances(): readonly Json[] {
    return this.#shared.allowances;
  }

  set allowances(value: readonly Json[]) {
    this.#shared.allowances = granted("allowances", value);
  }

  /** What the session has spent and may spend. Shared with child sessions. */
  get budgetSnapshot(): JsonObject | null {
    return this.#shared.budgetSnapshot;
  }

  set budgetSnapshot(value: JsonObject | null) {
    this.#shared.budgetSnapshot = granted("budgetSnapshot", value);
  }

  /** Paths outside the workspace that the user allowed. */
  get escapeState(): JsonObject | null {
    return this.#escapeState;
  }

  set escapeState(value: JsonObject | null) {
    this.#escapeState = granted("escapeState", value);
  }

  /** Keys of the stored document that this version does not know; they survive every save. */
  get extra(): JsonObject {
    return this.#extra;
  }

  /**
   * Adds a message at the end and its estimate to the token count.
   * @throws {InvalidMessageError} when it is not a message; the session is as it was.
   */
  addMessage(message: Message): void {
    const checked = Message.from(message);
    this.tokenCount += this.#tokensOf(checked);
    this.#messages.push(checked);
    this.#view = undefined;
  }

  /** The newest `count` messages, oldest of them first. */
  lastMessages(count: number): readonly Message[] {
    return count <= 0 ? [] : this.#messages.slice(-count);
  }

  /** Replaces all messages (a summarisation, say) and counts the tokens anew. Earlier revisions keep the old ones. */
  replaceMessages(messages: readonly Message[]): void {
    this.#become(messages.map((message) => Message.from(message)));
  }

  /**
   * Removes and inserts messages as `Array.prototype.splice` does, and counts the tokens anew.
   * @returns the removed messages.
   */
  spliceMessages(start: number, deleteCount: number, ...messages: readonly Message[]): readonly Message[] {
    const next = this.#messages.slice();
    const removed = next.splice(start, deleteCount, ...messages.map((message) => Message.from(message)));
    this.#become(next);
    return removed;
  }

  /** Removes all messages and sets the token count to zero. */
  clearMessages(): void {
    this.#become([]);
  }

  /**
   * What a model is to be sent: the summary that `SessionStore.compact` made in place of what it stands for, and the
   * messages behind it; with `maxTokens`, the newest of them that fit. Notes beside the conversation (roles with a
   * colon) are left out, and so is every call without its result and every result without its call.
   */
  context(options?: ContextOptions): readonly Message[] {
    return contextOf(this.#messages, compactionOf(this.#extra, this.#messages), this.#estimate, options);
  }

  /** Milliseconds since the session was created. */
  duration(now: Date = new Date()): number {
    return now.getTime() - timeMs(this.createdAt);
  }

  /**
   * Whether the token count is above the given share of the context.
   * @param threshold between 0 and 1; default 0.8.
   */
  isNearLimit(maxTokens: number, threshold = 0.8): boolean {
    if (!(maxTokens > 0)) throw new InvalidArgumentError("maxTokens must be above 0.");
    return this.tokenCount / maxTokens > threshold;
  }

  /** Sets the workspace and returns the session. */
  withWorkspace(path: string, workspaceId: string | null = null): this {
    this.workspacePath = path;
    this.workspaceId = workspaceId;
    return this;
  }

  /** Sets the model and returns the session. */
  withModel(model: string): this {
    this.model = model;
    return this;
  }

  /** A new session for a sub-agent: same user, workspace and model, and the very same allowances and budget. */
  child(options: Pick<AgentSessionOptions, "id" | "systemPrompt" | "metadata" | "model"> = {}): AgentSession {
    const child = new AgentSession({
      userId: this.userId,
      workspacePath: this.workspacePath,
      workspaceId: this.workspaceId,
      model: this.model,
      estimateTokens: this.#estimate,
      ...defined(options),
      parentId: this.id,
    });
    child.#shared = this.#shared;
    return child;
  }

  /** What `JSON.stringify` shows: everything, the messages last. For reading; `SessionStore` stores in Astrid's format. */
  toJSON(): Record<string, unknown> {
    const { id, createdAt, parentId, userId, systemPrompt, tokenCount, metadata, model, gitState } = this;
    const { workspacePath, workspaceId, allowances, budgetSnapshot, escapeState, extra, messages } = this;
    return {
      ...{ id, createdAt, parentId, userId, systemPrompt, tokenCount, metadata },
      ...{ workspacePath, workspaceId, model, gitState, allowances, budgetSnapshot, escapeState, extra },
      messages,
    };
  }

  /** What `console.log` shows. @internal */
  [INSPECT](_depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    return `AgentSession ${inspect(this.toJSON(), options)}`;
  }

  /** The fields that are stored beside the messages, not checked yet. @internal */
  head(): SessionHead {
    const metadata = this.metadata;
    this.#tags = frozen(metadata.tags, "tags", this.#tags);
    this.#custom = frozen(metadata.custom, "custom", this.#custom);
    this.#lookForTitle();
    return {
      userId: this.userId,
      createdAt: this.createdAt,
      tokenCount: this.tokenCount,
      title: metadata.title,
      tags: this.#tags,
      turnCount: metadata.turnCount,
      toolCallCount: metadata.toolCallCount,
      approvalCount: metadata.approvalCount,
      custom:
        this.#autoTitle === undefined ? this.#custom : { ...this.#custom, [AUTO_TITLE]: this.#autoTitle },
      metadataExtra: this.#metadataExtra,
      workspacePath: this.workspacePath,
      workspaceId: this.workspaceId,
      parentId: this.parentId,
      model: this.model,
      gitState: frozen(this.gitState, "gitState"),
      budgetSnapshot: this.#shared.budgetSnapshot,
      escapeState: this.#escapeState,
      allowances: this.#shared.allowances,
      systemPrompt: this.systemPrompt,
      extra: this.#extra,
    };
  }

  /**
   * The array that holds the messages. It only ever grows at its end: any other change makes a new one, so that a
   * store can tell by identity what was appended since it last looked. @internal
   */
  messageArray(): readonly Message[] {
    return this.#messages;
  }

  /** A session from its stored parts. @internal */
  static fromStored(
    id: SessionId,
    head: SessionHead,
    messages: Message[],
    estimate: TokenEstimator = estimateTokens,
  ): AgentSession {
    const { userId, systemPrompt, createdAt, workspacePath, workspaceId, model, parentId } = head;
    const session = new AgentSession({
      ...{ id, userId, systemPrompt, createdAt, workspacePath, workspaceId, model, parentId },
      metadata: metadataOf(head),
      estimateTokens: estimate,
    });
    session.tokenCount = head.tokenCount;
    session.gitState = head.gitState;
    session.#escapeState = head.escapeState;
    session.#extra = head.extra;
    session.#metadataExtra = head.metadataExtra;
    session.#shared = { allowances: head.allowances, budgetSnapshot: head.budgetSnapshot };
    session.#tags = head.tags;
    const { custom, autoTitle } = splitAutoTitle(head.custom);
    session.#custom = custom;
    session.#autoTitle = autoTitle ?? undefined;
    session.#messages = messages;
    // What somebody else began without one, a document of Astrid's say, is given none.
    session.#isNew = messages.length === 0;
    return session;
  }

  #lookForTitle(): void {
    if (!this.#isNew || this.#autoTitle !== undefined || this.metadata.title !== null) return;
    const [messages, count] = this.#lookedAt;
    const looked = Math.min(count, TITLED_BY);
    if (messages === this.#messages && looked === Math.min(messages.length, TITLED_BY)) return;
    this.#autoTitle = autoTitleOf(this.#messages);
    this.#lookedAt = [this.#messages, this.#messages.length];
  }

  #become(messages: Message[]): void {
    this.tokenCount = messages.reduce((sum, message) => sum + this.#tokensOf(message), 0);
    this.#messages = messages;
    this.#view = undefined;
  }

  #tokensOf(message: Message): number {
    const tokens = this.#estimate(message);
    if (Number.isSafeInteger(tokens) && tokens >= 0) return tokens;
    throw new InvalidArgumentError(
      `estimateTokens must return a whole number from 0 up, not ${String(tokens)}.`,
    );
  }
}

/** @throws {InvalidSessionError} when it is none that Astrid would read. */
function granted<F extends "allowances" | "budgetSnapshot" | "escapeState">(
  field: F,
  value: SessionHead[F],
): SessionHead[F] {
  const copy = frozen<SessionHead[F]>(value, field);
  checkHead({ [field]: copy });
  return copy;
}

/** @param known the same field as it was before. */
function frozen<T extends Json>(value: T, name: string, known?: T): T {
  try {
    return (known === undefined ? frozenJson(value, name) : frozenAgain(value, known, name)) as T;
  } catch (error) {
    throw new InvalidSessionError((error as Error).message, { cause: error });
  }
}
