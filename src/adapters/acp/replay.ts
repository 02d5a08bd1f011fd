import type { SessionUpdate } from "@agentclientprotocol/sdk";
import type { PositionedMessage } from "../../index.ts";
import { projectMessage, type ProjectedMessage } from "../../session/projection.ts";

/** What a client is told of a stored message, in the order in which it happened; nothing of notes and system prompts. */
export function updatesOf({ position, message }: PositionedMessage): SessionUpdate[] {
  const { role } = message;
  if (role.includes(":") || role === "system" || role === "developer") return [];
  const projected = projectMessage(message);
  const messageId = message.id ?? String(position);
  const spoken = textOf(projected);
  const text: SessionUpdate[] =
    spoken === ""
      ? []
      : [
          {
            sessionUpdate: role === "user" ? "user_message_chunk" : "agent_message_chunk",
            content: { type: "text", text: spoken },
            messageId,
          },
        ];
  const thought: SessionUpdate[] =
    projected.reasoning === ""
      ? []
      : [
          {
            sessionUpdate: "agent_thought_chunk",
            content: { type: "text", text: projected.reasoning },
            messageId,
          },
        ];
  const calls = callsOf(projected, position);
  const results = resultsOf(projected, position);
  // A message that holds a call and its result (the AI SDK's) speaks afterwards.
  return results.length > 0 ? [...thought, ...calls, ...results, ...text] : [...thought, ...text, ...calls];
}

/** The text, and a line for each image or file: what they hold is not sent again. */
function textOf({ text, attachments }: ProjectedMessage): string {
  const lines = attachments.map(({ kind, mediaType }) => `[${mediaType ?? kind}]`);
  return [...(text === "" ? [] : [text]), ...lines].join("\n");
}

function callsOf({ toolCalls }: ProjectedMessage, position: number): SessionUpdate[] {
  return toolCalls.map(({ id, name, arguments: rawInput }, index) => ({
    sessionUpdate: "tool_call",
    toolCallId: id ?? `${position}.${index}`,
    title: name,
    status: "pending",
    rawInput,
  }));
}

function resultsOf({ toolResults }: ProjectedMessage, position: number): SessionUpdate[] {
  return toolResults.map(({ callId, text, isError }, index) => ({
    sessionUpdate: "tool_call_update",
    toolCallId: callId ?? `${position}.${index}`,
    status: isError ? "failed" : "completed",
    content: [{ type: "content", content: { type: "text", text } }],
  }));
}
