import type { JsonObject } from "../../session/json/json.ts";
import { isTime, timeMs } from "../../session/time.ts";
import { asTitle, promptTitle, typedIn, type Typed } from "../../session/summary/title.ts";
import { UsageTable } from "./usage.ts";

/** How a title came to be; the first kind that there is counts. */
export type TitleKind = "given" | "generated" | "summary";

/** Among a session's own strings: the agent's own id of it, where ours is derived from that. */
export const AGENT_SESSION = "agent_session";

/** An hour: clocks differ. */
const AHEAD = 3_600_000;

/** What is known of a session besides its conversation, gathered while its records go by. */
export class SessionFacts {
  workspacePath: string | null = null;
  branch: string | null = null;
  commit: string | null = null;
  model: string | null = null;
  systemPrompt = "";
  archived = false;
  /** Strings that only this agent has. */
  readonly custom: Record<string, string> = {};
  readonly usage = new UsageTable();
  /** What was recorded here of sub-agents, by their sessions: it counts where these are not there themselves. */
  readonly usageOfSubagents = new Map<string, UsageTable>();
  /** A time that lies in the future, if there was one; it does not count. */
  futureTime: string | undefined;
  #createdAt: string | undefined;
  #activeAt: string | undefined;
  #activeMs = -Infinity;
  #prompt: string | undefined;
  /** The first thing that was typed, a command too: better than nothing. */
  #command: string | undefined;
  readonly #titles: { [K in TitleKind]?: string } = {};

  /** The title as far as it is known: the first thing that a person typed, unless somebody gave it a name. */
  get title(): string | null {
    return (
      this.#titles.given ??
      this.#titles.generated ??
      this.#titles.summary ??
      this.#prompt ??
      this.#command ??
      null
    );
  }

  get createdAt(): string | undefined {
    return this.#createdAt;
  }

  /** When something was said last. */
  get activeAt(): string | undefined {
    return this.#activeAt;
  }

  /** Tokens as the head keeps them; `undefined` when nothing was recorded. */
  usageJson(): JsonObject | undefined {
    const own = this.usage.toJson();
    const subagents = [...this.usageOfSubagents].map(([id, table]) => [id, table.rows()] as const);
    const told = subagents.filter(([, rows]) => rows.length > 0);
    if (told.length === 0) return own;
    return { tokens: [], ...own, subagents: Object.fromEntries(told) };
  }

  setTitle(kind: TitleKind, value: unknown): void {
    const title = asTitle(value);
    if (title !== undefined) this.#titles[kind] = title;
  }

  /**
   * A text in a person's name, as the agent recorded it.
   * @returns whether a person typed it: a prompt, or a command to the program; `undefined` when a program wrote it.
   */
  sawPrompt(text: string): Typed["kind"] | undefined {
    const typed = typedIn(text);
    this.#prompt ??= promptTitle(text);
    if (typed !== undefined) this.#command ??= asTitle(typed.text);
    return typed?.kind;
  }

  /**
   * A time that a record bears. @param said whether something was said then, rather than noted.
   * @returns the time when it can stand in a message.
   */
  sawTime(value: unknown, said: boolean): string | undefined {
    if (!isTime(value)) return undefined;
    const ms = timeMs(value);
    if (ms > Date.now() + AHEAD) {
      this.futureTime ??= value;
      return value;
    }
    this.#createdAt ??= value;
    if (said && ms >= this.#activeMs) {
      this.#activeMs = ms;
      this.#activeAt = value;
    }
    return value;
  }
}

/** A number of seconds or milliseconds since 1970 as a time; `undefined` when it is none. */
export function timeOf(value: unknown): string | undefined {
  if (typeof value === "string") return isTime(value) ? value : undefined;
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) return undefined;
  const date = new Date(value < 1e11 ? value * 1000 : value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
