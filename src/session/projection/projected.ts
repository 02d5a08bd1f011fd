import type { Json } from "../json/json.ts";

/** A call of a tool, whatever form it was stored in. */
export interface ProjectedToolCall {
  readonly id: string | undefined;
  readonly name: string;
  /** As stored; OpenAI's are JSON in a string. */
  readonly arguments: Json;
  /** Somebody was asked whether it may run, and has not answered. */
  readonly awaitsApproval?: true;
}

/** What a tool answered, whatever form it was stored in. */
export interface ProjectedToolResult {
  readonly callId: string | undefined;
  readonly text: string;
  /** It failed, or it was not allowed to run; the text says so. */
  readonly isError: boolean;
  /** Images and files that it gave; absent when there are none. */
  readonly attachments?: readonly ProjectedAttachment[];
}

/** Something that is not text: an image, a file. */
export interface ProjectedAttachment {
  readonly kind: string;
  readonly mediaType: string | undefined;
  /** Characters of its base64 or of its address. */
  readonly size: number;
  /** About how many bytes it has, where the message holds them. */
  readonly bytes?: number;
  /** Its file's name, its title or its address, where it has one. */
  readonly name?: string;
}

/** One thing that a message says. */
export type ProjectedPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | { readonly type: "call"; readonly call: ProjectedToolCall }
  | { readonly type: "result"; readonly result: ProjectedToolResult }
  | { readonly type: "attachment"; readonly attachment: ProjectedAttachment }
  | { readonly type: "other"; readonly value: Json };

/** What a message says, in one form for all the forms that agents and frameworks store. */
export interface ProjectedMessage {
  readonly role: string;
  /** All of it, in the order in which it was stored. */
  readonly parts: readonly ProjectedPart[];
  /** What was said, parts one below the other; empty for a message that only calls tools. */
  readonly text: string;
  /** What the model thought before it spoke. */
  readonly reasoning: string;
  readonly toolCalls: readonly ProjectedToolCall[];
  readonly toolResults: readonly ProjectedToolResult[];
  /** Those of the message itself; those that a tool gave are with its result. */
  readonly attachments: readonly ProjectedAttachment[];
  /** Parts of a form that is not known here. */
  readonly other: readonly Json[];
}
