import { isJsonObject, jsonText, type Json, type JsonObject } from "./json.ts";
import type { Message } from "./message.ts";

/** A call of a tool, whatever form it was stored in. */
export interface ProjectedToolCall {
  readonly id: string | undefined;
  readonly name: string;
  /** As stored; OpenAI's are JSON in a string. */
  readonly arguments: Json;
}

/** What a tool answered, whatever form it was stored in. */
export interface ProjectedToolResult {
  readonly callId: string | undefined;
  readonly text: string;
  readonly isError: boolean;
}

/** Something that is not text: an image, a file. */
export interface ProjectedAttachment {
  readonly kind: string;
  readonly mediaType: string | undefined;
  /** Characters of its base64 or of its address. */
  readonly size: number;
}

/** What a message says, in one form for all the forms that agents and frameworks store. */
export interface ProjectedMessage {
  readonly role: string;
  /** What was said, parts one below the other; empty for a message that only calls tools. */
  readonly text: string;
  /** What the model thought before it spoke. */
  readonly reasoning: string;
  readonly toolCalls: readonly ProjectedToolCall[];
  readonly toolResults: readonly ProjectedToolResult[];
  readonly attachments: readonly ProjectedAttachment[];
  /** Parts of a form that is not known here. */
  readonly other: readonly Json[];
}

/** Known forms nest no deeper; what does is kept under `other`. */
const DEEPEST = 8;

/**
 * Reads a message of Astrid (its four forms of content), Claude Code, OpenAI (chat messages, response items, the items
 * of its Agents SDK), the AI SDK (UI and model messages), the Agent Client Protocol (a prompt's blocks) or LangChain.
 * Pure; never throws.
 */
export function projectMessage(message: Message): ProjectedMessage {
  const projection = new Projection();
  const { role, content } = message;
  if (role.includes(":") && isJsonObject(content)) projection.addNote(content);
  else if (role === "tool" && typeof content === "string")
    projection.addResult(message["tool_call_id"], content, false);
  else projection.add(content, 0);
  projection.addBesideContent(message);
  return projection.of(role);
}

class Projection {
  readonly #text: string[] = [];
  readonly #reasoning: string[] = [];
  readonly #toolCalls: ProjectedToolCall[] = [];
  readonly #toolResults: ProjectedToolResult[] = [];
  readonly #attachments: ProjectedAttachment[] = [];
  readonly #other: Json[] = [];

  of(role: string): ProjectedMessage {
    return {
      role,
      text: this.#text.join("\n"),
      reasoning: this.#reasoning.join("\n"),
      toolCalls: this.#toolCalls,
      toolResults: this.#toolResults,
      attachments: this.#attachments,
      other: this.#other,
    };
  }

  /** A note that an importer kept beside the conversation: only what a person wrote or would read of it. */
  addNote(record: JsonObject): void {
    for (const key of ["summary", "content", "customTitle", "aiTitle"]) {
      const value = record[key];
      if (typeof value === "string" && value !== "") this.#text.push(value);
    }
  }

  /** What OpenAI's and LangChain's messages, and the AI SDK's, hold under other keys than `content`. */
  addBesideContent(message: JsonObject): void {
    for (const key of ["tool_calls", "parts"]) {
      const values = message[key];
      if (Array.isArray(values)) this.add(values as readonly Json[], 0);
    }
  }

  add(value: Json, depth: number): void {
    if (value === null || value === "") return;
    if (typeof value === "string") this.#text.push(value);
    else if (Array.isArray(value) && depth < DEEPEST) {
      for (const part of value as readonly Json[]) this.add(part, depth + 1);
    } else if (isJsonObject(value) && depth < DEEPEST) this.#addPart(value, depth);
    else this.#other.push(value);
  }

  addResult(callId: Json | undefined, content: Json | undefined, isError: Json | undefined): void {
    const text = this.#plain(content, 0);
    this.#toolResults.push({ callId: stringOf(callId), text, isError: isError === true });
  }

  #addPart(part: JsonObject, depth: number): void {
    const { type } = part;
    if (typeof type === "string" && this.#addTyped(type, part, depth)) return;
    if (typeof part["call_id"] === "string" && part["content"] !== undefined) {
      this.addResult(part["call_id"], part["content"], part["is_error"]);
    } else if (typeof part["name"] === "string" && (part["arguments"] ?? part["args"]) !== undefined) {
      this.#addCall(part["id"], part["name"], part["arguments"] ?? part["args"]);
    } else if (isJsonObject(part["function"])) {
      this.#addCall(part["id"], part["function"]["name"], part["function"]["arguments"]);
    } else if (isJsonObject(part["kwargs"]) || isJsonObject(part["data"])) {
      this.#addWrapped((part["kwargs"] ?? part["data"]) as JsonObject, depth);
    } else if (typeof part["role"] === "string" && part["content"] !== undefined) {
      this.add(part["content"], depth + 1);
      this.addBesideContent(part);
    } else {
      this.#other.push(part);
    }
  }

  /** A LangChain message within its envelope. */
  #addWrapped(message: JsonObject, depth: number): void {
    if (message["tool_call_id"] !== undefined) {
      this.addResult(message["tool_call_id"], message["content"], message["status"] === "error");
      return;
    }
    if (message["content"] !== undefined) this.add(message["content"], depth + 1);
    this.addBesideContent(message);
  }

  /** @returns false for a type that is not known. */
  #addTyped(type: string, part: JsonObject, depth: number): boolean {
    switch (type) {
      case "text":
      case "input_text":
      case "output_text":
        if (typeof part["text"] !== "string") return false;
        this.add(part["text"], depth);
        return true;
      case "refusal":
        this.add(part["refusal"] ?? null, depth);
        return true;
      case "thinking":
      case "reasoning":
        this.#reasoning.push(
          this.#plain(part["thinking"] ?? part["text"] ?? part["summary"] ?? part["content"], depth),
        );
        return true;
      case "redacted_thinking":
      case "step-start":
        return true;
      case "tool_use":
      case "server_tool_use":
        this.#addCall(part["id"], part["name"], part["input"]);
        return true;
      case "tool-call":
        this.#addCall(part["toolCallId"], part["toolName"], part["input"] ?? part["args"]);
        return true;
      case "function_call":
        this.#addCall(part["call_id"] ?? part["callId"], part["name"], part["arguments"]);
        return true;
      case "hosted_tool_call":
        this.#addCall(part["id"], part["name"], part["arguments"]);
        if (part["output"] !== undefined) this.addResult(part["id"], part["output"], false);
        return true;
      case "tool_result":
        this.addResult(part["tool_use_id"], part["content"], part["is_error"]);
        return true;
      case "function_call_output":
      case "function_call_result":
        this.addResult(part["call_id"] ?? part["callId"], part["output"], false);
        return true;
      case "tool-result":
        this.addResult(part["toolCallId"], part["output"] ?? part["result"], part["isError"]);
        return true;
      case "message":
        if (part["content"] === undefined) return false;
        this.add(part["content"], depth + 1);
        return true;
      case "human":
      case "ai":
      case "system":
      case "tool":
        this.#addWrapped(isJsonObject(part["data"]) ? part["data"] : part, depth);
        return true;
      case "image":
      case "image_url":
      case "input_image":
      case "document":
      case "file":
      case "input_file":
      case "input_audio":
      case "audio":
      case "resource_link":
        this.#addAttachment(type, part);
        return true;
      case "resource":
        return this.#addResource(part["resource"]);
      default:
        return this.#addUiTool(type, part);
    }
  }

  /** The AI SDK keeps a tool's call and its result in one part. */
  #addUiTool(type: string, part: JsonObject): boolean {
    if (typeof part["toolCallId"] !== "string") return false;
    const name = type === "dynamic-tool" ? part["toolName"] : type.replace(/^tool-/, "");
    this.#addCall(part["toolCallId"], name, part["input"]);
    if (part["errorText"] !== undefined) this.addResult(part["toolCallId"], part["errorText"], true);
    else if (part["output"] !== undefined) this.addResult(part["toolCallId"], part["output"], false);
    return true;
  }

  #addCall(id: Json | undefined, name: Json | undefined, input: Json | undefined): void {
    this.#toolCalls.push({ id: stringOf(id), name: stringOf(name) ?? "", arguments: input ?? null });
  }

  /** The Agent Client Protocol's and MCP's: a file's text, or its bytes. */
  #addResource(resource: Json | undefined): boolean {
    if (!isJsonObject(resource)) return false;
    if (typeof resource["text"] === "string") this.#text.push(resource["text"]);
    else this.#addAttachment("resource", resource);
    return true;
  }

  #addAttachment(kind: string, part: JsonObject): void {
    const source = isJsonObject(part["source"])
      ? part["source"]
      : isJsonObject(part["image_url"])
        ? part["image_url"]
        : part;
    const keys = ["data", "url", "image_url", "image", "file_data", "uri"];
    const data = keys.map((key) => source[key]).find((value) => value !== undefined);
    this.#attachments.push({
      kind,
      mediaType: stringOf(source["media_type"] ?? source["mediaType"] ?? source["mimeType"]),
      size: typeof data === "string" ? data.length : 0,
    });
  }

  /** A value as text: texts within known forms one below the other, anything else as JSON. */
  #plain(value: Json | undefined, depth: number): string {
    if (value === undefined || value === null) return "";
    if (typeof value === "string") return value;
    if (Array.isArray(value) && depth < DEEPEST) {
      const texts = (value as readonly Json[]).map((part) => this.#plain(part, depth + 1));
      return texts.filter((text) => text !== "").join("\n");
    }
    if (!isJsonObject(value)) return jsonText(value);
    const { type, text } = value;
    if (typeof text === "string") return text;
    if (type === "image" || type === "image_url" || type === "input_image" || type === "document") {
      this.#addAttachment(type, value);
      return "";
    }
    // The AI SDK's `{type: "text" | "json" | …, value}`.
    if (typeof type === "string" && value["value"] !== undefined && depth < DEEPEST)
      return this.#plain(value["value"], depth + 1);
    return jsonText(value);
  }
}

function stringOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
