import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Json, JsonObject } from "../../session/json/json.ts";
import { objectIn, objectsIn, textIn } from "../draft/blocks.ts";
import { timeOf } from "../draft/facts.ts";
import { unreadable } from "../read/unreadable.ts";
import { jsonIn, LARGEST } from "./json-file.ts";
import { paidIn, type Paid } from "./paid.ts";
import { ABOUT_FILE, SHOWN_FILES } from "./task-files.ts";

/** What is said while the model answers. */
const OF_ANSWERS: ReadonlySet<string> = new Set([
  ...["text", "reasoning", "tool", "command", "completion_result", "followup", "plan_mode_respond"],
  ...["act_mode_respond", "use_mcp_server", "browser_action", "browser_action_launch", "use_subagents"],
]);
/** Noted by the program when a task is opened again, or at a time that nobody said anything. */
const NOT_SAID: ReadonlySet<string> = new Set(["resume_task", "resume_completed_task", "checkpoint_created"]);
/** Say what was paid for: a request, requests of turns that were taken back, a sub-agent's. */
const PAID: ReadonlySet<string> = new Set(["api_req_started", "deleted_api_reqs", "subagent_usage"]);

/** One thing that the person was shown. */
interface Shown {
  readonly kind: string;
  readonly at: string | undefined;
  readonly text: string;
  /** How many messages the model's history had then, less one; older versions do not say it. */
  readonly index: number | undefined;
  readonly model: string | undefined;
}

/** When a message was said, and what was paid for it. */
export interface Told {
  readonly at: string | undefined;
  readonly paid: Paid | undefined;
}

/** What Cline's extension notes of a task beside its messages, as far as it can be read. */
export class TaskNotes {
  /** Of all that was read: the same messages with other notes are another conversation. */
  readonly digest: string;
  readonly problems: string[] = [];
  /** What the person typed; `undefined` when nothing is known of it. */
  readonly typed: ReadonlySet<string> | undefined;
  /** The task, as it was typed. */
  readonly task: string | undefined;
  readonly isThere: boolean;
  readonly #shown: readonly Shown[];
  /** When each text was typed, once or again and again. */
  readonly #typedAt = new Map<string, (string | undefined)[]>();
  readonly #models: readonly { readonly ts: number; readonly model: string }[];

  constructor(path: string) {
    const hash = createHash("sha256");
    const read = (name: string): Json | undefined => {
      const file = join(dirname(path), name);
      const found = this.#json(file);
      hash.update(`${name} ${found?.text.length ?? "none"}\n`).update(found?.text ?? "");
      return found?.value;
    };
    const [shown] = SHOWN_FILES.map(read).filter((value) => value !== undefined);
    this.isThere = Array.isArray(shown);
    this.#shown = objectsIn(shown).map(shownIn);
    const used = objectsIn(objectIn(read(ABOUT_FILE))["model_usage"]);
    this.#models = used.flatMap(({ ts, model_id: model }) =>
      typeof ts === "number" && typeof model === "string" ? [{ ts, model }] : [],
    );
    this.digest = hash.digest("hex");
    const first = this.#shown.find(({ kind }) => kind === "text" || kind === "task");
    this.task = textIn(first?.text);
    for (const shown of this.#shown)
      if (shown === first || shown.kind === "user_feedback") this.#sawTyped(shown);
    this.typed = this.isThere ? new Set(this.#typedAt.keys()) : undefined;
  }

  #sawTyped({ text, at }: Shown): void {
    const typed = text.trim();
    this.#typedAt.set(typed, [...(this.#typedAt.get(typed) ?? []), at]);
  }

  /** When a text was typed; asked again for the same text, the next time that it was. */
  typedAt(text: string): string | undefined {
    return this.#typedAt.get(text)?.shift();
  }

  /** What was paid for, in its order. */
  get paid(): readonly Paid[] {
    return this.#shown.flatMap((shown) => this.#paidFor(shown) ?? []);
  }

  /** When something was last said. */
  get lastAt(): string | undefined {
    return this.#shown.findLast(({ kind, at }) => at !== undefined && !NOT_SAID.has(kind))?.at;
  }

  /**
   * What is told of each message, by its place in the model's history.
   * @param roles of all messages.
   */
  of(roles: readonly (string | undefined)[]): ReadonlyMap<number, Told> {
    const told = new Map<number, Told>();
    for (const [message, position] of this.#requests(roles)) {
      const request = this.#shown[position] as Shown;
      told.set(message, { at: request.at, paid: undefined });
      if (roles[message + 1] === "assistant")
        told.set(message + 1, { at: this.#answeredAt(position), paid: this.#paidFor(request) });
    }
    return told;
  }

  /** By the place of a person's message, that of the last request with which it was sent. */
  #requests(roles: readonly (string | undefined)[]): ReadonlyMap<number, number> {
    const requests = this.#shown.flatMap(({ kind, index }, at) =>
      kind === "api_req_started" ? [{ index, at }] : [],
    );
    // It is told before the message is put into the history.
    if (requests.some(({ index }) => index !== undefined))
      return new Map(
        requests.flatMap(({ index, at }) =>
          index !== undefined && roles[index + 1] === "user" ? [[index + 1, at] as const] : [],
        ),
      );
    const users = roles.flatMap((role, place) => (role === "user" ? [place] : []));
    // Only where nothing was sent twice and nothing is missing, which is which is known.
    if (users.length !== requests.length) return new Map();
    return new Map(users.map((place, nth) => [place, requests[nth]?.at ?? 0] as const));
  }

  #answeredAt(request: number): string | undefined {
    for (const { kind, at } of this.#shown.slice(request + 1)) {
      if (kind === "api_req_started") break;
      if (OF_ANSWERS.has(kind)) return at;
    }
    return undefined;
  }

  #paidFor({ kind, text, at, model }: Shown): Paid | undefined {
    if (!PAID.has(kind)) return undefined;
    return paidIn(jsonIn(text), at, model ?? this.#modelAt(at));
  }

  /** A model is noted when another one was used before. */
  #modelAt(at: string | undefined): string | undefined {
    const ms = at === undefined ? NaN : Date.parse(at);
    return this.#models.findLast(({ ts }) => ts <= ms)?.model;
  }

  #json(path: string): { readonly text: string; readonly value: Json | undefined } | undefined {
    try {
      const { size } = statSync(path);
      if (size > LARGEST) {
        this.problems.push(`${basename(path)} beside it has ${size} bytes and was not read`);
        return { text: String(size), value: undefined };
      }
      const text = readFileSync(path, "utf8");
      const value = jsonIn(text.replace(/^\ufeff/, ""));
      if (value === undefined) this.problems.push(`${basename(path)} beside it is no JSON, or is cut off`);
      return { text, value };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        this.problems.push(`${basename(path)} beside it cannot be read: ${unreadable(error)}`);
      return undefined;
    }
  }
}

function shownIn(entry: JsonObject): Shown {
  const index = entry["conversationHistoryIndex"];
  return {
    kind: textIn(entry["say"]) ?? textIn(entry["ask"]) ?? "",
    at: timeOf(entry["ts"]),
    text: textIn(entry["text"]) ?? "",
    index: typeof index === "number" && Number.isSafeInteger(index) ? index : undefined,
    model: textIn(objectIn(entry["modelInfo"])["modelId"]),
  };
}
