import { isJsonObject, jsonText, type Json } from "../../session/json.ts";
import type { Message } from "../../session/message.ts";
import {
  projectMessage,
  type ProjectedAttachment,
  type ProjectedPart,
  type ProjectedToolCall,
  type ProjectedToolResult,
} from "../../session/projection/project-message.ts";
import { markOf } from "../../session/projection/attachment.ts";
import { argumentsOf } from "../../session/projection/tool-arguments.ts";
import { byteSize } from "./units.ts";

/** A part of a message as a person reads it. */
export interface Block {
  /** Stands before the text: `→ read_file`. */
  readonly label: string | undefined;
  readonly text: string;
  /** Of less interest: what the model thought, what a tool answered. */
  readonly quiet: boolean;
}

/** What a message says, in whatever form it was stored. */
export function blocksOf(message: Message): Block[] {
  return projectMessage(message).parts.map(blockOf);
}

function blockOf(part: ProjectedPart): Block {
  switch (part.type) {
    case "text":
      return { label: undefined, text: part.text, quiet: false };
    case "reasoning":
      return { label: "thinks", text: part.text, quiet: true };
    case "call":
      return toolCall(part.call);
    case "result":
      return toolResult(part.result);
    case "attachment":
      return { label: part.attachment.kind, text: described(part.attachment), quiet: true };
    case "other":
      return { label: undefined, text: jsonText(part.value), quiet: true };
  }
}

function toolCall(call: ProjectedToolCall): Block {
  const { name, awaitsApproval } = call;
  const input = argumentsOf(call);
  const fields = isJsonObject(input) ? Object.entries(input) : [];
  const [only] = fields;
  // Most calls have one argument, a command or a path, which reads better without braces.
  const text =
    only !== undefined && fields.length === 1 ? textOf(only[1]) : input === null ? "" : textOf(input);
  const label = awaitsApproval === true ? `→ (awaits approval) ${name}` : `→ ${name}`;
  return { label, text, quiet: false };
}

function toolResult({ text, isError, attachments = [] }: ProjectedToolResult): Block {
  const marks = attachments.map(markOf);
  const lines = text === "" ? marks : [text, ...marks];
  return { label: isError ? "← error:" : "←", text: lines.join("\n"), quiet: true };
}

function described({ mediaType, name, bytes }: ProjectedAttachment): string {
  const size = bytes === undefined ? undefined : byteSize(bytes);
  return [mediaType, name, size].filter((text) => text !== undefined).join(" ");
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : jsonText(value);
}
