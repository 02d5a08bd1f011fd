import type { SessionUpdate } from "@agentclientprotocol/sdk";
import type { PositionedMessage } from "../../index.ts";
import { jsonText } from "../../session/json/json.ts";
import { characterStart, wellFormed, wellFormedJson } from "../../session/json/outgoing-text.ts";
import { markOf } from "../../session/projection/attachment.ts";
import { isBeside } from "../../session/message.ts";
import {
  projectMessage,
  type ProjectedPart,
  type ProjectedToolCall,
  type ProjectedToolResult,
} from "../../session/projection/project-message.ts";
import { argumentsOf } from "../../session/projection/tool-arguments.ts";
import { boundedInput, MOST_CHARACTERS, piecesOf } from "./bounds.ts";
import { promptBlocks } from "./prompt-blocks.ts";
import { toolKind } from "./tool-kind.ts";

/** A call that has no result yet. */
interface OpenCall {
  /** As it was told to the client. */
  readonly toolCallId: string;
  readonly awaitsApproval: boolean;
}

const INTERRUPTED = "No result is stored: the call was interrupted.";

/** Tells a client a stored conversation, message by message. Memory: the ids of its calls. */
export class Replay {
  /** By the id of the call as it was stored. */
  readonly #open = new Map<string, OpenCall>();
  readonly #told = new Set<string>();

  /** What a client is told of a stored message, in its order; nothing of notes and system prompts. */
  updatesOf({ position, message }: PositionedMessage): SessionUpdate[] {
    const { role } = message;
    if (isBeside(message) || role === "system" || role === "developer") return [];
    const spoken = role === "user" ? "user_message_chunk" : "agent_message_chunk";
    const messageId = wellFormed(message.id ?? String(position));
    const chunks = (sessionUpdate: ChunkUpdate, text: string): SessionUpdate[] =>
      Array.from(piecesOf(text), (piece) => ({
        ...{ sessionUpdate, messageId },
        content: { type: "text", text: piece },
      }));
    const blocks = role === "user" ? promptBlocks(message.content) : undefined;
    if (blocks !== undefined)
      return blocks.map((content) => ({ sessionUpdate: "user_message_chunk", messageId, content }));
    return projectMessage(message).parts.flatMap((part, index) => {
      if (part.type === "call") return this.#call(part.call, `${position}.${index}`);
      if (part.type === "result") return this.#result(part.result, position, index);
      return chunks(part.type === "reasoning" ? "agent_thought_chunk" : spoken, textOf(part));
    });
  }

  /** What remains to be told behind the last message: no call stays pending that nobody runs any more. */
  end(): SessionUpdate[] {
    return [...this.#open.values()]
      .filter(({ awaitsApproval }) => !awaitsApproval)
      .map(({ toolCallId }) => ({
        ...{ sessionUpdate: "tool_call_update", toolCallId, status: "failed" },
        content: [{ type: "content", content: { type: "text", text: INTERRUPTED } }],
      }));
  }

  #call(call: ProjectedToolCall, place: string): SessionUpdate[] {
    const { name } = call;
    const id = call.id ?? place;
    // Some models begin to count anew with every answer.
    const toolCallId = wellFormed(this.#told.has(id) ? `${id}#${place}` : id);
    this.#told.add(id);
    this.#open.set(id, { toolCallId, awaitsApproval: call.awaitsApproval === true });
    const rawInput = boundedInput(argumentsOf(call));
    const title = wellFormed(name);
    return [
      { sessionUpdate: "tool_call", toolCallId, title, kind: toolKind(name), status: "pending", rawInput },
    ];
  }

  #result(result: ProjectedToolResult, position: number, index: number): SessionUpdate[] {
    const { callId, isError, attachments = [] } = result;
    // A result that names no call answers the oldest one.
    const id = callId ?? this.#open.keys().next().value ?? `${position}.${index}`;
    const open = this.#open.get(id);
    this.#open.delete(id);
    const { text, left } = bounded(result.text);
    const texts = [
      ...(text === "" ? [] : [text]),
      ...(left === 0 ? [] : [leftOut(left, position)]),
      ...attachments.map((attachment) => wellFormed(markOf(attachment))),
    ];
    const ended = {
      toolCallId: open?.toolCallId ?? wellFormed(id),
      status: isError ? "failed" : "completed",
      content: texts.map((line) => ({ type: "content", content: { type: "text", text: line } }) as const),
      ...(left === 0 ? {} : { _meta: { "astrid-sessions": { position, charactersLeft: left } } }),
    } as const;
    // Where the call itself is not stored (any more), the client has not heard of it.
    const isTold = open !== undefined || this.#told.has(id);
    if (isTold) return [{ sessionUpdate: "tool_call_update", ...ended }];
    this.#told.add(id);
    return [{ sessionUpdate: "tool_call", title: "tool", kind: "other", ...ended }];
  }
}

type ChunkUpdate = "user_message_chunk" | "agent_message_chunk" | "agent_thought_chunk";

/** What is no text is told in a line: what images and files hold is not sent again. */
function textOf(part: Exclude<ProjectedPart, { type: "call" | "result" }>): string {
  if (part.type === "attachment") return markOf(part.attachment);
  return part.type === "other" ? wellFormedJson(jsonText(part.value)) : part.text;
}

/** A tool's result can only be told in one piece. */
function bounded(text: string): { readonly text: string; readonly left: number } {
  const end = characterStart(text, MOST_CHARACTERS);
  return { text: wellFormed(text.slice(0, end)), left: text.length - end };
}

function leftOut(left: number, position: number): string {
  return (
    `… ${left} more characters are left out here. The session has them in message ${position}: ` +
    `astrid-sessions show <session> --from ${position} --limit 1 --full`
  );
}
