import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { isConversation } from "./record.ts";
import { asTitle, promptTitle } from "../../session/summary/title.ts";

/** A summary names the newest turn that it covers; that turn stands close to it. */
const REMEMBERED_TURNS = 1000;

/**
 * Finds a session's title while its records go by: what the user named it, else what Claude Code named it, else its
 * summary, else how the first prompt begins.
 */
export class TitleFinder {
  #custom: string | undefined;
  #generated: string | undefined;
  #summary: string | undefined;
  #prompt: string | undefined;
  /** Summaries whose turn was not seen yet: files begin with summaries of other sessions. */
  readonly #waiting = new Map<string, string>();
  readonly #turns = new Set<string>();
  readonly #former = new Set<string>();

  /** The title as far as it is known. */
  get title(): string | null {
    return this.#custom ?? this.#generated ?? this.#summary ?? this.#prompt ?? null;
  }

  /** Titles that were the best for a while. */
  get former(): readonly string[] {
    return [...this.#former];
  }

  see(record: JsonObject): void {
    const before = this.title;
    this.#take(record);
    if (before !== null && before !== this.title) this.#former.add(before);
  }

  #take(record: JsonObject): void {
    switch (record["type"]) {
      case "custom-title":
        this.#custom = asTitle(record["customTitle"]) ?? this.#custom;
        break;
      case "ai-title":
        this.#generated = asTitle(record["aiTitle"]) ?? this.#generated;
        break;
      case "summary":
        this.#takeSummary(record);
        break;
      default:
        this.#takeTurn(record);
    }
  }

  #takeSummary(record: JsonObject): void {
    const title = asTitle(record["summary"]);
    const leaf = record["leafUuid"];
    if (title === undefined || typeof leaf !== "string") return;
    if (this.#turns.has(leaf)) this.#summary = title;
    else if (this.#waiting.size < REMEMBERED_TURNS) this.#waiting.set(leaf, title);
  }

  #takeTurn(record: JsonObject): void {
    const uuid = record["uuid"];
    if (typeof uuid === "string") {
      this.#turns.add(uuid);
      if (this.#turns.size > REMEMBERED_TURNS)
        for (const oldest of this.#turns.values().take(1)) this.#turns.delete(oldest);
      this.#summary = this.#waiting.get(uuid) ?? this.#summary;
    }
    if (this.#prompt === undefined) {
      const prompt = promptOf(record);
      if (prompt !== undefined) this.#prompt = promptTitle(prompt);
    }
  }
}

/** What a person typed; `undefined` for anything else, tool results among it. */
export function promptOf(record: JsonObject): string | undefined {
  if (record["type"] !== "user" || record["isMeta"] === true || record["isCompactSummary"] === true)
    return undefined;
  if (!isConversation(record)) return undefined;
  const content = (record["message"] as JsonObject)["content"];
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  const parts = content as readonly Json[];
  if (parts.some((part) => isJsonObject(part) && part["type"] === "tool_result")) return undefined;
  for (const part of parts) {
    if (isJsonObject(part) && typeof part["text"] === "string") return part["text"];
  }
  return undefined;
}
