import { recordFromMessage } from "../../importers/claude-code/record.ts";
import { SessionHeadBuilder } from "../../importers/claude-code/session-head.ts";
import { EMPTY_HEAD, type SessionHead } from "../../session/head.ts";
import type { Message } from "../../session/message.ts";
import { uuidOf } from "./stored-entry.ts";

/** What an append must know of a transcript, at one revision of it. */
export class KnownTranscript {
  /** 0: there is no such session. */
  revision = 0;
  tag: string | undefined;
  head: SessionHead = EMPTY_HEAD;
  messageCount = 0;
  readonly #uuids = new Set<string>();
  readonly #builder = new SessionHeadBuilder("");
  #tag: string | undefined;
  readonly #everyTag = new Set<string>();
  /** Looked at for the head, but not known to be stored: entries by their uuid, else themselves. */
  readonly #ahead = new Set<string | Message>();
  #storedTitle: string | null = null;

  /** The entries that are not stored, each once. */
  missing(messages: readonly Message[]): Message[] {
    const seen = new Set<string>();
    return messages.filter((message) => {
      const uuid = uuidOf(message);
      if (uuid === undefined) return true;
      if (this.#uuids.has(uuid) || seen.has(uuid)) return false;
      seen.add(uuid);
      return true;
    });
  }

  /** Takes in what messages that are about to be stored say of their session. */
  look(messages: readonly Message[]): void {
    for (const message of messages) {
      const mark = uuidOf(message) ?? message;
      const record = recordFromMessage(message);
      if (this.#ahead.has(mark) || record === undefined) continue;
      this.#ahead.add(mark);
      this.#builder.see(record);
      if (record["type"] === "tag") this.#takeTag(record["tag"]);
    }
  }

  /** Takes in messages that are stored at the end. */
  stored(messages: readonly Message[]): void {
    this.look(messages);
    for (const message of messages) {
      const uuid = uuidOf(message);
      if (uuid !== undefined) this.#uuids.add(uuid);
      this.#ahead.delete(uuid ?? message);
    }
    this.messageCount += messages.length;
    if (this.#ahead.size === 0) this.#storedTitle = this.#builder.end().changes.title ?? null;
  }

  /** What the entries say of their session. A title or a tag from elsewhere stays. */
  facts(): Pick<
    SessionHead,
    "createdAt" | "workspacePath" | "model" | "gitState" | "turnCount" | "toolCallCount" | "title" | "tags"
  > {
    const { head } = this;
    const facts = this.#builder.head(new Date().toISOString());
    const others = head.tags.filter((tag) => !this.#everyTag.has(tag));
    return {
      createdAt: this.revision === 0 ? facts.createdAt : head.createdAt,
      workspacePath: head.workspacePath ?? facts.workspacePath,
      model: facts.model,
      gitState: facts.gitState,
      turnCount: facts.turnCount,
      toolCallCount: facts.toolCallCount,
      title: facts.title === this.#storedTitle ? head.title : facts.title,
      tags: this.#tag === undefined ? others : [...others, this.#tag],
    };
  }

  /** The SDK gives a session one tag, and none with an empty one. */
  #takeTag(tag: unknown): void {
    this.#tag = typeof tag === "string" && tag !== "" ? tag : undefined;
    if (this.#tag !== undefined) this.#everyTag.add(this.#tag);
  }
}
