import { isJsonObject, jsonText, type Json, type JsonObject } from "../../session/json.ts";
import { byteSize } from "./units.ts";

/** A part of a message as a person reads it. */
export interface Block {
  /** Stands before the text: `→ read_file`. */
  readonly label: string | undefined;
  readonly text: string;
  /** Of less interest: what the model thought, what a tool answered. */
  readonly quiet: boolean;
}

/** The readable parts of a message's content, in Astrid's four forms and in those that other agents use. */
export function blocksOf(content: Json): Block[] {
  if (typeof content === "string") return [plain(content)];
  if (Array.isArray(content)) return (content as readonly Json[]).flatMap((part) => blockOf(part));
  return isJsonObject(content) ? blockOf(content) : [plain(jsonText(content))];
}

function blockOf(part: Json): Block[] {
  if (typeof part === "string") return [plain(part)];
  if (!isJsonObject(part)) return [plain(jsonText(part))];
  switch (part["type"]) {
    case "text":
      return [plain(textOf(part["text"]))];
    case "thinking":
      return [{ label: "thinks", text: textOf(part["thinking"]), quiet: true }];
    case "image":
      return [{ label: "image", text: describeImage(part), quiet: true }];
    case "tool_use":
      return [toolCall(part["name"], part["input"])];
    case "tool_result":
      return [toolResult(part["content"], part["is_error"])];
    default:
      return blockOfAstrid(part);
  }
}

/** Astrid's own forms, told apart by their keys. */
function blockOfAstrid(part: JsonObject): Block[] {
  if (typeof part["name"] === "string" && part["arguments"] !== undefined)
    return [toolCall(part["name"], part["arguments"])];
  if (typeof part["call_id"] === "string") return [toolResult(part["content"], part["is_error"])];
  return [{ label: undefined, text: jsonText(part), quiet: true }];
}

function plain(text: string): Block {
  return { label: undefined, text, quiet: false };
}

function toolCall(name: Json | undefined, input: Json | undefined): Block {
  const fields = isJsonObject(input) ? Object.entries(input) : [];
  const [only] = fields;
  // Most calls have one argument, a command or a path, which reads better without braces.
  const text = only !== undefined && fields.length === 1 ? textOf(only[1]) : textOf(input);
  return { label: `→ ${textOf(name)}`, text, quiet: false };
}

function toolResult(content: Json | undefined, isError: Json | undefined): Block {
  const text = Array.isArray(content)
    ? blocksOf(content as readonly Json[])
        .map((block) => block.text)
        .join("\n")
    : textOf(content);
  return { label: isError === true ? "← error:" : "←", text, quiet: true };
}

function describeImage(part: JsonObject): string {
  const source = isJsonObject(part["source"]) ? part["source"] : part;
  const data = typeof source["data"] === "string" ? byteSize((source["data"].length * 3) / 4) : "";
  return `${textOf(source["media_type"])} ${data}`.trim();
}

function textOf(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : jsonText(value);
}
