import type {
  SessionKey,
  SessionStore as ClaudeSessionStore,
  SessionStoreEntry,
  SessionSummaryEntry,
} from "@anthropic-ai/claude-agent-sdk";
import { SessionNotFoundError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { checkPeer, loadPeer } from "../load-peer.ts";
import { originOf, type Origin } from "./origin.ts";
import { claudeSessionId, projectTag } from "./session-key.ts";
import { entryFromMessage, messageFromEntry } from "./stored-entry.ts";
import { storedHead } from "../../store/reading/stored-head.ts";
import { Transcript } from "./transcript.ts";

/** So many transcripts are remembered between appends; one that is not is read once when it is appended to. */
const MOST_TRANSCRIPTS = 100;
/** So many heads are read at once. */
const AT_ONCE = 32;

/**
 * The Claude Agent SDK's `SessionStore` over a store of sessions; what is optional in it is there.
 *
 * - `append` resolves when the entries are durable. An entry whose `uuid` the transcript has already is left out, and a
 *   batch that was stored before is not stored again, whichever process stored it. No entries, no session.
 * - `load` gives the entries as they were appended, deep-equal, or `null`.
 * - A sub-agent's transcript (a key with a `subpath`) is a session of its own whose parent is the main one's.
 * - `mtime` is when the last append was stored, in epoch milliseconds.
 *
 * @throws {PeerVersionError} when a version of the SDK is installed that this does not work with.
 * @example
 * query({ prompt, options: { sessionStore: claudeSessionStore(store) } });
 */
export function claudeSessionStore(store: SessionStore): Required<ClaudeSessionStore> {
  checkPeer("@anthropic-ai/claude-agent-sdk");
  return new Transcripts(store);
}

/** What a listing knows of a session, at one of its revisions. */
interface Listed {
  readonly revision: number;
  readonly updatedAt: string;
  readonly origin: Origin;
}

class Transcripts implements Required<ClaudeSessionStore> {
  readonly #store: SessionStore;
  readonly #transcripts = new Map<SessionId, Transcript>();
  /** The appends and the removal of a session, one after the other. */
  readonly #queues = new Map<SessionId, Promise<void>>();
  readonly #listed = new Map<string, Map<SessionId, Listed>>();

  constructor(store: SessionStore) {
    this.#store = store;
  }

  async append(key: SessionKey, entries: SessionStoreEntry[]): Promise<void> {
    const id = claudeSessionId(key);
    const messages = entries.map(messageFromEntry);
    if (messages.length === 0) return;
    await this.#inTurn(id, async () => {
      const { foldSessionSummary } = await loadPeer(
        "@anthropic-ai/claude-agent-sdk",
        () => import("@anthropic-ai/claude-agent-sdk"),
      );
      await this.#transcript(id, key, foldSessionSummary).append(messages);
    });
  }

  async load(key: SessionKey): Promise<SessionStoreEntry[] | null> {
    const entries: SessionStoreEntry[] = [];
    try {
      for await (const { message } of this.#store.messages(claudeSessionId(key))) {
        const entry = entryFromMessage(message);
        if (entry !== undefined) entries.push(entry);
      }
    } catch (error) {
      if (error instanceof SessionNotFoundError) return null;
      throw error;
    }
    return entries;
  }

  async listSessions(projectKey: string): Promise<{ sessionId: string; mtime: number }[]> {
    const listed = await this.#list(projectKey);
    return listed.map(({ origin, updatedAt }) => ({
      sessionId: origin.sessionId,
      mtime: Date.parse(updatedAt),
    }));
  }

  async listSessionSummaries(projectKey: string): Promise<SessionSummaryEntry[]> {
    const listed = await this.#list(projectKey);
    return listed.map(({ origin, updatedAt }) => ({
      sessionId: origin.sessionId,
      mtime: Date.parse(updatedAt),
      data: structuredClone(origin.summary),
    }));
  }

  async delete(key: SessionKey): Promise<void> {
    const id = claudeSessionId(key);
    // The sub-agents' first: whoever is interrupted finds the main one, and deletes it again.
    const children = key.subpath === undefined ? await this.#children(key.projectKey, id) : [];
    for (const child of [...children, id]) {
      await this.#inTurn(child, async () => {
        this.#transcripts.delete(child);
        await this.#store.delete(child, { subagents: false });
      });
    }
  }

  async listSubkeys(key: { projectKey: string; sessionId: string }): Promise<string[]> {
    const { projectKey, sessionId } = key;
    const children = await this.#children(projectKey, claudeSessionId({ projectKey, sessionId }));
    const origins = await inGroups(children, (id) => this.#origin(id));
    return origins.flatMap((origin) => (origin?.subpath === undefined ? [] : [origin.subpath]));
  }

  async #children(projectKey: string, parent: SessionId): Promise<SessionId[]> {
    const sessions = await this.#store.listWithMetadata({ tag: projectTag(projectKey) });
    return sessions.flatMap(({ id, parentId }) => (parentId === parent ? [id] : []));
  }

  /** The main transcripts of a project; only of those that changed since the last time is the head read. */
  async #list(projectKey: string): Promise<Listed[]> {
    const sessions = await this.#store.listWithMetadata({
      tag: projectTag(projectKey),
      includeSubagents: false,
    });
    const before = this.#listed.get(projectKey);
    const now = new Map<SessionId, Listed>();
    await inGroups(sessions, async ({ id, revision, updatedAt }) => {
      const known = before?.get(id);
      const isCurrent = known?.revision === revision && known.updatedAt === updatedAt;
      const origin = isCurrent ? known.origin : await this.#origin(id);
      if (origin !== undefined) now.set(id, { revision, updatedAt, origin });
    });
    this.#listed.set(projectKey, now);
    return [...now.values()];
  }

  async #origin(id: SessionId): Promise<Origin | undefined> {
    const stored = await storedHead(this.#store.engine, id);
    return stored === undefined ? undefined : originOf(stored.head);
  }

  #transcript(id: SessionId, key: SessionKey, fold: ConstructorParameters<typeof Transcript>[3]): Transcript {
    const transcript = this.#transcripts.get(id) ?? new Transcript(this.#store, id, key, fold);
    // The one used last stands last.
    this.#transcripts.delete(id);
    this.#transcripts.set(id, transcript);
    if (this.#transcripts.size > MOST_TRANSCRIPTS)
      for (const oldest of this.#transcripts.keys().take(1)) this.#transcripts.delete(oldest);
    return transcript;
  }

  /** Runs `action` when everything that was asked of this session before is done, whether it worked or not. */
  async #inTurn(id: SessionId, action: () => Promise<void>): Promise<void> {
    const before = this.#queues.get(id) ?? Promise.resolve();
    const result = before.then(action);
    const settled = result.catch(() => undefined);
    this.#queues.set(id, settled);
    try {
      await result;
    } finally {
      if (this.#queues.get(id) === settled) this.#queues.delete(id);
    }
  }
}

async function inGroups<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(action))));
  return results;
}
