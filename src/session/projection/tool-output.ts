import { isJsonObject, jsonText, type Json, type JsonObject } from "../json/json.ts";
import { attachmentOf } from "./attachment.ts";
import type { ProjectedAttachment } from "./projected.ts";

/** What a tool gave, for a reader. */
interface Output {
  readonly text: string;
  readonly attachments: readonly ProjectedAttachment[];
  /** The output itself says that the tool failed, or that it was not allowed to run. */
  readonly failed: boolean;
}

const DEEPEST = 8;
const TEXTS = new Set(["text", "input_text", "output_text", "summary_text", "reasoning_text", "text-plain"]);
/** Of these only that they are there is told. */
const ATTACHMENTS =
  /^(image|image_url|input_image|image-data|image-url|image-file-id|media|document|file|input_file|file-data|file-url|file-id|file-reference|audio|input_audio|video|resource_link|computer_screenshot)$/;
const IN_MCP_RESULT = new Set(["content", "structuredContent", "isError", "_meta"]);
const EXECUTIONS = /^(|bash_|text_editor_|encrypted_)code_execution_.*result$/;

/**
 * A tool's output as text: known blocks one below the other, and anything else as its JSON, so that nothing is left
 * out.
 */
export function outputOf(value: Json | undefined): Output {
  if (value === undefined || value === null) return { text: "", attachments: [], failed: false };
  if (typeof value === "string") return { text: value, attachments: [], failed: false };
  const reading = new OutputReading();
  reading.add(value, 0);
  return reading;
}

class OutputReading implements Output {
  readonly #lines: string[] = [];
  readonly attachments: ProjectedAttachment[] = [];
  failed = false;

  get text(): string {
    return this.#lines.join("\n");
  }

  add(value: Json | undefined, depth: number): void {
    if (value === undefined || value === null || value === "") return;
    if (typeof value === "string") this.#lines.push(value);
    else if (depth < DEEPEST && Array.isArray(value) && (value as readonly Json[]).every(isBlock))
      for (const block of value as readonly Json[]) this.add(block, depth + 1);
    else if (depth >= DEEPEST || !isJsonObject(value) || !this.#addBlock(value, depth))
      this.#lines.push(jsonText(value));
  }

  /** @returns false for what is no known block. */
  #addBlock(block: JsonObject, depth: number): boolean {
    const { type } = block;
    if (typeof type !== "string") return this.#addExecution(block) || this.#addMcpResult(block, depth);
    if (TEXTS.has(type) && typeof block["text"] === "string") this.add(block["text"], depth);
    else if (type === "document" && isJsonObject(block["source"])) this.#addDocument(block, depth);
    else if (ATTACHMENTS.test(type)) return this.#addAttachment(type, block);
    else if (type === "resource" && isJsonObject(block["resource"])) this.#addResource(block["resource"]);
    else if (block["value"] !== undefined && /^(text|json|content|error-text|error-json)$/.test(type)) {
      this.failed ||= type.startsWith("error");
      this.add(block["value"], depth + 1);
    } else if (type === "execution-denied") {
      this.failed = true;
      this.add(deniedText(block["reason"]), depth);
    } else if (/_tool_result_error$/.test(type)) {
      this.failed = true;
      this.add(block["error_message"] ?? block["error_code"] ?? type, depth);
    } else if (type === "search_result" || type === "web_search_result" || type === "web_fetch_result") {
      this.add([block["title"], block["url"] ?? block["source"]].filter(isText).join(" "), depth);
      this.add(block["content"], depth + 1);
    } else if (type === "tool_reference") {
      this.add(block["tool_name"] ?? block["functionName"], depth);
    } else if (type === "logs") this.add(block["logs"], depth);
    else if (EXECUTIONS.test(type)) return this.#addExecution(block);
    else return false;
    return true;
  }

  /** What a program printed, and how it ended: OpenAI's `outcome`, Anthropic's `return_code`. */
  #addExecution(block: JsonObject): boolean {
    const { stdout, stderr, outcome } = block;
    if (typeof stdout !== "string" || typeof stderr !== "string") return false;
    const code =
      block["return_code"] ?? (isJsonObject(outcome) ? (outcome["exitCode"] ?? outcome["exit_code"]) : 0);
    const timedOut = isJsonObject(outcome) && outcome["type"] === "timeout";
    for (const printed of [stdout, stderr]) if (printed !== "") this.#lines.push(printed.replace(/\n$/, ""));
    if (timedOut) this.#lines.push("(timed out)");
    else if (typeof code === "number" && code !== 0) this.#lines.push(`(exit code ${code})`);
    this.failed ||= timedOut || (typeof code === "number" && code !== 0);
    return true;
  }

  /** A tool may well answer with an object of its own that calls itself a file. */
  #addAttachment(type: string, block: JsonObject): boolean {
    const attachment = attachmentOf(type, block);
    if (attachment.size > 0) this.attachments.push(attachment);
    return attachment.size > 0;
  }

  /** What a tool of an MCP server gave: blocks, and besides the same as JSON. */
  #addMcpResult(result: JsonObject, depth: number): boolean {
    const { content } = result;
    if (!Array.isArray(content) || !Object.keys(result).every((key) => IN_MCP_RESULT.has(key))) return false;
    this.failed ||= result["isError"] === true;
    this.add(content as Json, depth + 1);
    if (content.length === 0) this.add(result["structuredContent"], depth + 1);
    return true;
  }

  #addDocument(block: JsonObject, depth: number): void {
    const source = block["source"] as JsonObject;
    if (source["type"] === "text") this.add(source["data"], depth);
    else if (source["type"] === "content") this.add(source["content"], depth + 1);
    else this.attachments.push(attachmentOf("document", block));
  }

  #addResource(resource: JsonObject): void {
    if (typeof resource["text"] === "string") this.#lines.push(resource["text"]);
    else this.attachments.push(attachmentOf("resource", resource));
  }
}

/** How a call that somebody refused is told. */
export function deniedText(reason: Json | undefined): string {
  return typeof reason === "string" && reason !== "" ? `denied: ${reason}` : "denied";
}

function isBlock(value: Json): boolean {
  if (typeof value === "string") return true;
  return isJsonObject(value) && (typeof value["type"] === "string" || typeof value["stdout"] === "string");
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string" && value !== "";
}
