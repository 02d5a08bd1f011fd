import type { Json, JsonObject } from "../json/json.ts";
import { isJsonObject } from "../json/json.ts";
import { attachmentOf } from "./attachment.ts";
import { outputOf } from "./tool-output.ts";
import type { ProjectedMessage, ProjectedPart, ProjectedToolCall } from "./projected.ts";

/** Reads one part into the collector. @returns false for a form that it does not know. */
export type PartReader = (part: JsonObject, into: Collector, depth: number) => boolean;

/** Readers by the `type` that a part has. */
export type PartReaders = Readonly<Record<string, PartReader>>;

/** Known forms nest no deeper; what does is kept under `other`. */
const DEEPEST = 8;

/** Takes what a message says, part by part. */
export class Collector {
  readonly #readPart: PartReader;
  readonly #parts: ProjectedPart[] = [];

  constructor(readPart: PartReader) {
    this.#readPart = readPart;
  }

  /** Content of any form: a text, a part, a list of them. */
  add(value: Json | undefined, depth: number): void {
    if (value === undefined || value === null || value === "") return;
    if (typeof value === "string") this.text(value);
    else if (depth >= DEEPEST) this.other(value);
    else if (Array.isArray(value)) for (const part of value as readonly Json[]) this.add(part, depth + 1);
    else if (!isJsonObject(value) || !this.#readPart(value, this, depth)) this.other(value);
  }

  text(text: Json | undefined): void {
    if (typeof text === "string" && text !== "") this.#parts.push({ type: "text", text });
  }

  reasoning(content: Json | undefined): void {
    const { text } = outputOf(content);
    if (text !== "") this.#parts.push({ type: "reasoning", text });
  }

  call(
    id: Json | undefined,
    name: Json | undefined,
    input: Json | undefined,
    marks: Pick<ProjectedToolCall, "awaitsApproval"> = {},
  ): void {
    const call = { id: stringOf(id), name: stringOf(name) ?? "", arguments: input ?? null, ...marks };
    this.#parts.push({ type: "call", call });
  }

  /** A call that some frameworks state twice, here in the form that counts. */
  callAgain(id: Json | undefined, name: Json | undefined, input: Json | undefined): void {
    const known = this.#parts.findIndex(
      (part) => part.type === "call" && part.call.id !== undefined && part.call.id === id,
    );
    if (known < 0) this.call(id, name, input);
    else {
      const { call } = this.#parts[known] as Extract<ProjectedPart, { type: "call" }>;
      this.#parts[known] = { type: "call", call: { ...call, arguments: input ?? call.arguments } };
    }
  }

  /** @param content what the tool gave, in any form. */
  result(callId: Json | undefined, content: Json | undefined, isError = false): void {
    const { text, attachments, failed } = outputOf(content);
    const result = { callId: stringOf(callId), text, isError: isError || failed };
    this.#parts.push({
      type: "result",
      result: attachments.length === 0 ? result : { ...result, attachments },
    });
  }

  attachment(kind: string, part: JsonObject): void {
    this.#parts.push({ type: "attachment", attachment: attachmentOf(kind, part) });
  }

  other(value: Json): void {
    this.#parts.push({ type: "other", value });
  }

  of(role: string): ProjectedMessage {
    const text: string[] = [];
    const reasoning: string[] = [];
    const [toolCalls, toolResults, attachments, other] = [[], [], [], []] as [
      ProjectedMessage["toolCalls"][number][],
      ProjectedMessage["toolResults"][number][],
      ProjectedMessage["attachments"][number][],
      Json[],
    ];
    for (const part of this.#parts) {
      if (part.type === "text") text.push(part.text);
      else if (part.type === "reasoning") reasoning.push(part.text);
      else if (part.type === "call") toolCalls.push(part.call);
      else if (part.type === "result") toolResults.push(part.result);
      else if (part.type === "attachment") attachments.push(part.attachment);
      else other.push(part.value);
    }
    return {
      ...{ role, parts: this.#parts, text: text.join("\n"), reasoning: reasoning.join("\n") },
      ...{ toolCalls, toolResults, attachments, other },
    };
  }
}

function stringOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The first that is there. */
export function firstOf(part: JsonObject, keys: readonly string[]): Json | undefined {
  for (const key of keys) if (part[key] !== undefined && part[key] !== null) return part[key];
  return undefined;
}
