import { editIn, type Edit } from "../../session/calls/edit.ts";
import { planIn, type PlanStep } from "../../session/calls/plan.ts";
import { tellingArgument } from "../../session/calls/telling-argument.ts";
import { toolName } from "../../session/calls/tool-kinds.ts";
import { isJsonObject, jsonText, type Json } from "../../session/json/json.ts";
import { isBeside, type Message } from "../../session/message.ts";
import { markOf } from "../../session/projection/attachment.ts";
import { projectMessage, type ProjectedPart } from "../../session/projection/project-message.ts";
import { argumentsOf } from "../../session/projection/tool-arguments.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import { oneLine } from "../output/text-width.ts";
import { withoutReminders } from "../reading/folding.ts";
import { typedText } from "../../session/projection/prompts.ts";
import { agentName } from "../reading/speaker.ts";
import { lastStates, safeText, unframed } from "../reading/stored-text.ts";

export const DETAILS = ["full", "compact", "prompts"] as const;
/** `full`: everything that was said, thought, called and answered. `compact`: what was said, and calls as one line. */
export type Detail = (typeof DETAILS)[number];

/** A message as a page shows it. Its texts command no terminal; what they would do in a page is the page's to prevent. */
export interface Turn {
  readonly position: number;
  readonly kind: "person" | "agent" | "system" | "note" | "compaction";
  /** Who spoke, by name. */
  readonly speaker: string;
  readonly at: string | undefined;
  readonly model: string | undefined;
  readonly parts: readonly TurnPart[];
}

export type TurnPart =
  | { readonly type: "text" | "thinking" | "mark"; readonly text: string }
  | { readonly type: "call"; readonly call: PageCall }
  | {
      readonly type: "result";
      readonly title: string;
      readonly text: string;
      readonly failure: string | undefined;
    };

/** A call of a tool: what it is about in one line, and all of it. */
export interface PageCall {
  readonly name: string;
  readonly telling: string;
  /** The telling argument where it is more than a line. */
  readonly script: string | undefined;
  readonly edit: Edit | undefined;
  readonly plan: readonly PlanStep[];
  /** All arguments as JSON, where the others do not hold them. */
  readonly input: string | undefined;
}

/** Makes turns of messages, one after the other. */
export class Turns {
  readonly #detail: Detail;
  readonly #agent: string;
  readonly #person: string;
  readonly #workspacePath: string | null;
  /** What calls are about that were not answered yet. */
  readonly #calls = new Map<string, string>();

  constructor(session: Pick<SessionSummary, "source" | "parentId" | "workspacePath">, detail: Detail) {
    this.#detail = detail;
    this.#agent = agentName(session.source);
    this.#person = session.parentId === null ? "You" : "Caller";
    this.#workspacePath = session.workspacePath;
  }

  /** `undefined` for what is not shown at this detail. */
  of(position: number, message: Message): Turn | undefined {
    const kind = kindOf(message);
    const parts = this.#parts(message, kind);
    if (parts.length === 0) return undefined;
    const { at, model } = message;
    const isSaid = kind === "person" || kind === "agent";
    return {
      position,
      kind,
      speaker: kind === "person" ? this.#person : isSaid ? this.#nameOf(message.role) : SPEAKERS[kind],
      at: typeof at === "string" ? oneLine(at) : undefined,
      model: typeof model === "string" ? oneLine(model) : undefined,
      parts,
    };
  }

  #nameOf(role: string): string {
    return role === "assistant" || role === "tool" || role === "user" ? this.#agent : oneLine(role);
  }

  #parts(message: Message, kind: Turn["kind"]): TurnPart[] {
    const { parts, text } = projectMessage(message);
    if (kind === "note" && this.#detail !== "full") return [];
    if (kind !== "person" && this.#detail === "prompts") return [];
    if (kind === "person") {
      const typed = typedText(text);
      const said: TurnPart[] = typed === undefined ? [] : [{ type: "text", text: safeText(typed) }];
      return [
        ...said,
        ...parts.filter(({ type }) => type === "attachment").flatMap((part) => this.#part(part)),
      ];
    }
    return parts.flatMap((part) => this.#part(part));
  }

  #part(part: ProjectedPart): TurnPart[] {
    const isFull = this.#detail === "full";
    switch (part.type) {
      case "text":
        return part.text.trim() === "" ? [] : [{ type: "text", text: safeText(part.text) }];
      case "reasoning":
        return isFull && part.text.trim() !== "" ? [{ type: "thinking", text: safeText(part.text) }] : [];
      case "call": {
        const call = callOf(part.call.name, argumentsOf(part.call), this.#workspacePath);
        if (part.call.id !== undefined && isFull)
          this.#calls.set(part.call.id, `${call.name} ${call.telling}`.trim());
        return [{ type: "call", call: isFull ? call : inOneLine(call) }];
      }
      case "result": {
        if (!isFull) return [];
        const { callId, isError, attachments = [] } = part.result;
        const title = (callId === undefined ? undefined : this.#calls.get(callId)) ?? "answer of a tool";
        if (callId !== undefined) this.#calls.delete(callId);
        const { text, exitCode } = unframed(part.result.text);
        const failure = exitCode !== 0 ? `exit code ${exitCode}` : isError ? "failed" : undefined;
        const marks = attachments.map((one): TurnPart => ({ type: "mark", text: oneLine(markOf(one)) }));
        return [
          { type: "result", title, text: safeText(lastStates(withoutReminders(text))), failure },
          ...marks,
        ];
      }
      case "attachment":
        return [{ type: "mark", text: oneLine(markOf(part.attachment)) }];
      case "other":
        return isFull ? [{ type: "mark", text: oneLine(jsonText(part.value)) }] : [];
    }
  }
}

const SPEAKERS = { system: "System", note: "Note", compaction: "Compaction" } as const;

function kindOf(message: Message): Turn["kind"] {
  if (isBeside(message)) return "note";
  if (isJsonObject(message["compaction"])) return "compaction";
  if (message.role === "system" || message.role === "developer") return "system";
  if (message.role !== "user") return message["meta"] === true ? "note" : "agent";
  const { parts, text } = projectMessage(message);
  if (parts.some(({ type }) => type === "result")) return "agent";
  if (message["meta"] === true) return "note";
  return typedText(text) !== undefined || parts.some(({ type }) => type === "attachment") ? "person" : "note";
}

/** Arguments that say hardly more than the telling one are not shown again. */
const ASIDE = 150;

/** Of an edit only how much it changes. */
function inOneLine({ name, telling, edit }: PageCall): PageCall {
  const counts = edit === undefined ? "" : ` +${edit.added} −${edit.removed}`;
  return { name, telling: telling + counts, script: undefined, edit: undefined, plan: [], input: undefined };
}

function callOf(name: string, input: Json, workspacePath: string | null): PageCall {
  const told = safeText(tellingArgument(name, input, workspacePath).trim());
  const isLong = told.includes("\n") || told.length > 200;
  const found = editIn(input);
  const edit = found && {
    ...found,
    lines: found.lines.map(({ sign, text }) => ({ sign, text: safeText(text) })),
  };
  const plan = planIn(input).map(({ text, state }) => ({ text: oneLine(text), state }));
  const json = safeText(jsonText(input));
  const isTold = edit !== undefined || plan.length > 0 || typeof input === "string" || input === null;
  return {
    name: oneLine(toolName(name)),
    telling: oneLine(told.slice(0, 200).split("\n", 1)[0] ?? "") + (isLong ? " …" : ""),
    script: isLong && edit === undefined ? told : undefined,
    edit,
    plan,
    input: isTold || json.length < told.length + ASIDE ? undefined : json,
  };
}
