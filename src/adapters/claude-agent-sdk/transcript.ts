import { createHash } from "node:crypto";
import type { foldSessionSummary, SessionKey, SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { recordFromMessage } from "../../importers/claude-code/record.ts";
import {
  ConflictError,
  InvalidArgumentError,
  OperationMismatchError,
  SessionNotFoundError,
} from "../../session/errors/errors.ts";
import { headChanges, type SessionHead } from "../../session/head.ts";
import { jsonText } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { estimateTokens, tokensIn } from "../../session/summary/tokens.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { KnownTranscript } from "./known-transcript.ts";
import { originOf, withOrigin } from "./origin.ts";
import { claudeSessionId, projectTag } from "./session-key.ts";
import { uuidOf } from "./stored-entry.ts";
import { storedHead } from "../../store/reading/stored-head.ts";

/**
 * One transcript in the store. It is read once, and after that only what others have appended: an append costs what is
 * appended.
 */
export class Transcript {
  readonly #store: SessionStore;
  readonly #id: SessionId;
  readonly #key: SessionKey;
  readonly #fold: typeof foldSessionSummary;
  #known: KnownTranscript | undefined;

  constructor(store: SessionStore, id: SessionId, key: SessionKey, fold: typeof foldSessionSummary) {
    this.#store = store;
    this.#id = id;
    this.#key = key;
    this.#fold = fold;
  }

  /** Stores the entries that the transcript does not have. One call at a time. */
  async append(messages: readonly Message[]): Promise<void> {
    const operationId = operationIdOf(messages);
    for (;;) {
      const known = (this.#known ??= await this.#read());
      const fresh = known.missing(messages);
      if (fresh.length === 0) {
        if (await this.#isCurrent(known)) return;
        this.#known = (await this.#catchUp(known)) ? known : undefined;
        continue;
      }
      try {
        await this.#commit(known, fresh, operationId);
        return;
      } catch (error) {
        // After any other failure than a conflict, what is stored is not certain.
        this.#known = undefined;
        // This very batch is stored: what of it seemed to be missing has no uuid.
        if (error instanceof OperationMismatchError) return;
        if (!(error instanceof ConflictError)) throw error;
        this.#known = (await this.#catchUp(known)) ? known : undefined;
      }
    }
  }

  async #commit(
    known: KnownTranscript,
    fresh: readonly Message[],
    operationId: string | undefined,
  ): Promise<void> {
    known.look(fresh);
    const head = this.#headAfter(known, fresh);
    const committed = await this.#store.commit(this.#id, {
      base: known.revision,
      baseTag: known.tag,
      operationId,
      splice: ["end", 0, fresh],
      set: headChanges(known.head, head),
    });
    known.revision = committed.revision;
    known.tag = committed.tag;
    known.head = head;
    known.stored(fresh);
  }

  #headAfter(known: KnownTranscript, fresh: readonly Message[]): SessionHead {
    const { projectKey, sessionId, subpath } = this.#key;
    const { head } = known;
    const facts = known.facts();
    const project = projectTag(projectKey);
    return {
      ...head,
      ...facts,
      tags: facts.tags.includes(project) ? facts.tags : [project, ...facts.tags],
      tokenCount: head.tokenCount + tokensIn(fresh, estimateTokens),
      custom: { ...head.custom, source: "claude-agent-sdk" },
      parentId: subpath === undefined ? null : claudeSessionId({ projectKey, sessionId }),
      extra: withOrigin(head.extra, this.#key, subpath === undefined ? this.#summary(head, fresh) : {}),
    };
  }

  #summary(head: SessionHead, fresh: readonly Message[]): Record<string, unknown> {
    const data = originOf(head)?.summary;
    const previous = data === undefined ? undefined : { sessionId: this.#key.sessionId, mtime: 0, data };
    const entries = fresh.flatMap((message) => recordFromMessage(message) ?? []) as SessionStoreEntry[];
    return this.#fold(previous, this.#key, entries).data;
  }

  /** Whether nobody has changed or removed the transcript since. */
  async #isCurrent({ revision, tag }: KnownTranscript): Promise<boolean> {
    const stored = await storedHead(this.#store.engine, this.#id);
    return stored?.revision === revision && stored.tag === tag;
  }

  async #read(): Promise<KnownTranscript> {
    const stored = await storedHead(this.#store.engine, this.#id);
    if (stored === undefined) return new KnownTranscript();
    const known = new KnownTranscript();
    try {
      // Were these messages changed since, the commit that is based on the head's revision is refused.
      const { messageCount } = stored;
      for await (const { message } of this.#store.messages(this.#id, { to: messageCount }))
        known.stored([message]);
    } catch (error) {
      if (error instanceof SessionNotFoundError) return new KnownTranscript();
      throw error;
    }
    known.revision = stored.revision;
    known.tag = stored.tag;
    known.head = stored.head;
    return known;
  }

  /** Brings `known` up to what is stored; false when that did not come of it by appending. */
  async #catchUp(known: KnownTranscript): Promise<boolean> {
    const { revision: before } = known;
    if (before === 0) return false;
    try {
      // The commit that is known comes first again, to see that the history is the same one.
      for await (const commit of this.#store.engine.commits(this.#id, before - 1)) {
        const { revision, tag, splice, set, tokenCount, removed } = commit;
        if (revision === known.revision) {
          if (tag !== known.tag) return false;
          continue;
        }
        if (removed === true) return false;
        const [start, deleteCount, messages] = splice ?? [known.messageCount, 0, []];
        if (start !== known.messageCount || deleteCount > 0) return false;
        known.stored(messages);
        known.head = { ...known.head, ...set, tokenCount };
        known.revision = revision;
        known.tag = tag;
      }
    } catch (error) {
      if (error instanceof InvalidArgumentError || error instanceof SessionNotFoundError) return false;
      throw error;
    }
    return known.revision > before;
  }
}

/** The same for the same entries. Entries without any uuid may well be meant twice. */
function operationIdOf(messages: readonly Message[]): string | undefined {
  if (messages.every((message) => uuidOf(message) === undefined)) return undefined;
  const hash = createHash("sha256");
  for (const message of messages) hash.update(jsonText(message)).update("\n");
  return `claude-agent-sdk:${hash.digest("base64url")}`;
}
