import { basename, dirname } from "node:path";
import { EMPTY_HEAD, type HeadChanges, type SessionHead } from "../../session/head.ts";
import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import { isTime } from "../../session/time.ts";
import { contentHash, derivedSessionId } from "../identity.ts";
import { isConversation } from "./record.ts";
import { promptOf, TitleFinder } from "./title.ts";

/** Gathers what a session is from its records, while they go by. */
export class SessionHeadBuilder {
  readonly #path: string;
  readonly #titles = new TitleFinder();
  #first: JsonObject | undefined;
  #sessionId: string | undefined;
  #agentId: string | undefined;
  #createdAt: string | undefined;
  #workspacePath: string | null = null;
  #branch: string | null = null;
  #model: string | null = null;
  #turns = 0;
  #toolCalls = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether a record has said which session this is. */
  get isIdentified(): boolean {
    return this.#sessionId !== undefined;
  }

  see(record: JsonObject): void {
    this.#first ??= record;
    this.#identify(record);
    const time = text(record["timestamp"]);
    if (this.#createdAt === undefined && time !== undefined && isTime(time)) this.#createdAt = time;
    this.#workspacePath ??= text(record["cwd"]) ?? null;
    this.#branch = text(record["gitBranch"]) ?? this.#branch;
    this.#titles.see(record);
    if (isConversation(record)) this.#count(record, record["message"] as JsonObject);
  }

  /**
   * The session's id: the one in its records when that is a UUID, else one derived from what is there, so that the same
   * file always gets the same. A sub-agent's file names its parent's session and itself as an agent of it.
   */
  id(): SessionId {
    const named = this.#sessionId?.toLowerCase();
    if (this.#agentId !== undefined)
      return derivedSessionId("claude-code", "agent", named ?? "", this.#agentId);
    if (isSessionId(named)) return named;
    if (named !== undefined) return derivedSessionId("claude-code", "session", named);
    return derivedSessionId("claude-code", "first record", contentHash(this.#first ?? null));
  }

  /** What is known so far. `fallbackTime` is for a file in which nothing has a time. */
  head(fallbackTime: string): SessionHead {
    return {
      ...EMPTY_HEAD,
      createdAt: this.#createdAt ?? fallbackTime,
      workspacePath: this.#workspacePath,
      parentId: this.#parentId(),
      custom: { source: "claude-code" },
      ...this.#changing(),
    };
  }

  /** What the end of the file knows better than its beginning. */
  end(): { readonly changes: HeadChanges; readonly formerTitles: readonly string[] } {
    return { changes: this.#changing(), formerTitles: this.#titles.former };
  }

  #changing(): Pick<SessionHead, "title" | "model" | "gitState" | "turnCount" | "toolCallCount"> {
    return {
      title: this.#titles.title,
      model: this.#model,
      gitState: this.#branch === null ? null : { branch: this.#branch, commit: null },
      turnCount: this.#turns,
      toolCallCount: this.#toolCalls,
    };
  }

  #identify(record: JsonObject): void {
    if (this.#sessionId !== undefined) return;
    this.#sessionId = text(record["sessionId"]);
    if (this.#sessionId !== undefined && record["isSidechain"] === true)
      this.#agentId = text(record["agentId"]);
  }

  /** A sub-agent's records name the parent's session; else its folder does: `<session>/subagents/agent-….jsonl`. */
  #parentId(): SessionId | null {
    if (this.#agentId === undefined) return null;
    const named = this.#sessionId?.toLowerCase();
    if (isSessionId(named)) return named;
    const folder = dirname(this.#path);
    const parent = basename(dirname(folder)).toLowerCase();
    return basename(folder) === "subagents" && isSessionId(parent) ? parent : null;
  }

  #count(record: JsonObject, message: JsonObject): void {
    const model = text(message["model"]);
    if (model !== undefined && model !== "<synthetic>") this.#model = model;
    if (promptOf(record) !== undefined) this.#turns++;
    const content = message["content"];
    if (!Array.isArray(content)) return;
    for (const part of content as readonly Json[]) {
      if (isJsonObject(part) && part["type"] === "tool_use") this.#toolCalls++;
    }
  }
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
