import { InvalidMessageError } from "./errors/errors.ts";
import {
  freezeRead,
  frozenJson,
  isFrozenHere,
  isJsonObject,
  type Json,
  type JsonObject,
} from "./json/json.ts";

/** Astrid's roles are `system`, `user`, `assistant` and `tool`; any other string is kept as it is. */
export type Role = "system" | "user" | "assistant" | "tool" | (string & {});

/**
 * One message of a session, deeply frozen. Astrid knows `role` and `content` (text, tool calls, one tool result, or
 * parts, told apart by form); any other JSON content and any further key are kept as they are.
 */
export type Message = JsonObject & {
  readonly role: Role;
  readonly content: Json;
  /** An id given by whoever made the message. */
  readonly id?: string;
  /** When the message was made, RFC 3339. */
  readonly at?: string;
};

/** Whether it is a note that an importer keeps beside the conversation: its role is such as `claude-code:progress`. */
export function isBeside({ role }: Pick<Message, "role">): boolean {
  return role.includes(":");
}

/** A call of a tool by the assistant; `name` is often `server:tool`. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: Json;
}

/** What a tool answered. */
export interface ToolResult {
  readonly callId: string;
  readonly content: string;
  /** Default: false. */
  readonly isError?: boolean;
}

export type Part =
  | { readonly type: "text"; readonly text: string }
  /** `data` is base64. */
  | { readonly type: "image"; readonly data: string; readonly media_type: string };

/** What every constructor takes besides the content. */
export interface MessageOptions {
  readonly id?: string | undefined;
  readonly at?: string | undefined;
}

/** Constructors; each returns a frozen message or throws `InvalidMessageError`. */
export const Message = {
  system: (text: string, options?: MessageOptions): Message => make("system", text, options),
  user: (text: string, options?: MessageOptions): Message => make("user", text, options),
  assistant: (text: string, options?: MessageOptions): Message => make("assistant", text, options),

  /** The assistant's calls of tools. */
  toolCalls: (calls: readonly ToolCall[], options?: MessageOptions): Message =>
    make("assistant", calls, options),

  toolResult: (result: ToolResult, options?: MessageOptions): Message =>
    make(
      "tool",
      { call_id: result.callId, content: result.content, is_error: result.isError ?? false },
      options,
    ),

  /** Text and images in one message. */
  parts: (role: Role, parts: readonly Part[], options?: MessageOptions): Message =>
    make(role, parts, options),

  /**
   * A message from anything of its shape, unknown keys included.
   * @throws {InvalidMessageError} when it is not `{role: string, content: JSON, id?: string, at?: string, …}`.
   */
  from: (value: unknown): Message => {
    // Only this package makes such values: what a file held is taken as leniently as when it was read.
    if (isFrozenHere(value)) return checked(value as Json, false);
    let copy: Json;
    try {
      copy = frozenJson(value, "message");
    } catch (error) {
      throw new InvalidMessageError((error as Error).message, { cause: error });
    }
    return checked(copy, true);
  },
};

/**
 * A message that came out of `JSON.parse`, frozen in place. Its numbers are those of JavaScript: see `readMessage`.
 * @throws {InvalidMessageError}
 */
export function parsedMessage(value: Json): Message {
  return checked(freezeRead(value), false);
}

/**
 * A message that came out of `JSON.parse`, frozen in place.
 * @param textOf its JSON text, asked for only when the message holds numbers: those that JavaScript would write
 *   otherwise keep their text.
 * @throws {InvalidMessageError}
 */
export function readMessage(value: Json, textOf: () => string): Message {
  return checked(freezeRead(value, textOf), false);
}

/**
 * The message of a JSON text; its numbers keep their text.
 * @throws {SyntaxError | InvalidMessageError}
 */
export function parseMessage(text: string): Message {
  return readMessage(JSON.parse(text) as Json, () => text);
}

function make(role: Role, content: unknown, options: MessageOptions | undefined): Message {
  return Message.from({ role, content, id: options?.id, at: options?.at });
}

function checked(value: Json, strict: boolean): Message {
  if (!isJsonObject(value)) throw new InvalidMessageError(`expected an object, found ${describe(value)}`);
  if (typeof value["role"] !== "string")
    throw new InvalidMessageError(`role is ${describe(value["role"])}, not a string`);
  if (value["content"] === undefined) throw new InvalidMessageError("content is missing");
  for (const key of ["id", "at"] as const) {
    if (strict && value[key] !== undefined && typeof value[key] !== "string") {
      throw new InvalidMessageError(`${key} is ${describe(value[key])}, not a string`);
    }
  }
  return value as Message;
}

function describe(value: Json | undefined): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
