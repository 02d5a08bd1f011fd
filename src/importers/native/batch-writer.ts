import { createHash } from "node:crypto";
import type { Committed } from "../../session/commit.ts";
import { EMPTY_HEAD, headChanges, type HeadChanges, type SessionHead } from "../../session/head.ts";
import { jsonText } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { isTime } from "../../session/time.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { workspaceIdOf } from "../store/workspace-ids.ts";
import type { Comparison } from "./comparison.ts";
import type { ImportEnd } from "./native-importer.ts";

/** One commit holds so much: large enough to be fast, small enough to be held. */
const MOST_MESSAGES = 200;
const MOST_BYTES = 256 << 10;

/** Stores the messages of one file that its session lacks, in batches; each batch is one durable commit. */
export class BatchWriter {
  /** Messages stored so far. */
  added = 0;
  readonly #store: SessionStore;
  readonly #id: SessionId;
  readonly #found: Exclude<Comparison, { state: "diverged" }>;
  #head: SessionHead | undefined;
  #revision: number;
  #batch: Message[] = [];
  #batchBytes = 0;
  /** As many as were counted for what was stored; the end of the file may know better. */
  #tokens = 0;
  /** The time of the latest message that has one: when the session was last active, not when it was imported. */
  #at: string | undefined;

  constructor(store: SessionStore, id: SessionId, found: Exclude<Comparison, { state: "diverged" }>) {
    this.#store = store;
    this.#id = id;
    this.#found = found;
    this.#revision = found.state === "continues" ? found.revision : 0;
  }

  /** What a new session begins with. */
  async begin(head: SessionHead, divergedFrom: SessionId | undefined): Promise<void> {
    const workspaceId = head.workspaceId ?? (await workspaceIdOf(head.workspacePath));
    const custom = divergedFrom === undefined ? head.custom : { ...head.custom, diverged_from: divergedFrom };
    this.#head = { ...head, workspaceId, custom };
  }

  /**
   * Takes a message of the file, the so-manieth. Resolves to true when it made a batch full, which is on disk then.
   * @throws {ConflictError} when somebody else wrote to the session.
   */
  async add(index: number, message: Message, bytes: number): Promise<boolean> {
    if (this.#found.state === "continues" && !this.#found.missing.has(index)) return false;
    this.#batch.push(message);
    if (isTime(message.at ?? null)) this.#at = message.at;
    this.#batchBytes += bytes;
    if (this.#batch.length < MOST_MESSAGES && this.#batchBytes < MOST_BYTES) return false;
    await this.#flush();
    return true;
  }

  /** Stores the rest, and what the end of the file knows of the session. */
  async end(end: ImportEnd): Promise<void> {
    if (this.#batch.length > 0 || this.#revision === 0) await this.#flush();
    const set = this.#changesAtEnd(end);
    if (set !== undefined) await this.#store.commit(this.#id, { at: this.#at, set });
  }

  async #flush(): Promise<void> {
    const messages = this.#batch;
    for (const message of messages) this.#tokens += this.#store.estimateTokens(message);
    const committed =
      this.#revision === 0
        ? await this.#create(messages)
        : await this.#store.append(this.#id, messages, {
            expectedRevision: this.#revision,
            at: this.#at,
            operationId: operationId(this.#revision, messages),
          });
    this.#revision = committed.revision;
    this.added += messages.length;
    this.#batch = [];
    this.#batchBytes = 0;
  }

  /** Not through a session object: a save would note today's git state, which is not the transcript's. */
  async #create(messages: readonly Message[]): Promise<Committed> {
    if (this.#head === undefined) throw new Error("begin() comes before add()");
    const set = headChanges(EMPTY_HEAD, { ...this.#head, tokenCount: this.#tokens });
    return await this.#store.commit(this.#id, {
      base: 0,
      at: this.#at,
      splice: [0, 0, messages],
      set,
    });
  }

  #changesAtEnd({ changes, formerTitles }: ImportEnd): HeadChanges | undefined {
    if (this.#found.state === "absent" && this.#head !== undefined) {
      const stored = { ...this.#head, tokenCount: this.#tokens };
      return headChanges(stored, { ...stored, ...changes });
    }
    const { title, ...others } = changes;
    const stored = this.#found.state === "continues" ? this.#found.title : null;
    // A title of the user's own stays.
    const renamed =
      title !== undefined && title !== stored && (stored === null || formerTitles.includes(stored));
    if (this.added === 0) return renamed ? { title } : undefined;
    return renamed ? changes : others;
  }
}

/** Equal for equal batches at the same place: a batch that is sent twice is stored once. */
function operationId(revision: number, messages: readonly Message[]): string {
  const hash = createHash("sha256");
  for (const message of messages) hash.update(jsonText(message)).update("\n");
  return `import:${revision}:${hash.digest("base64url")}`;
}
