import { isJsonObject, type Json } from "../json/json.ts";
import { Message } from "../message.ts";
import { projectMessage } from "../projection/project-message.ts";
import type { Unpaired } from "./pairs.ts";

/** Where the forms of messages keep their parts. */
const PLACES = ["content", "tool_calls", "parts"] as const;

/** The message without some of its calls and results; `undefined` when nothing that a model could be sent is left. */
export function withoutUnpaired(message: Message, unpaired: readonly Unpaired[]): Message | undefined {
  if (unpaired.length === 0) return message;
  const isUnpaired = (kind: Unpaired["kind"], id: string | undefined): boolean =>
    unpaired.some((one) => one.kind === kind && one.callId === id);
  const isKept = (part: Json): boolean => {
    const { toolCalls, toolResults } = projectMessage(Message.from({ role: message.role, content: [part] }));
    if (toolCalls.length + toolResults.length === 0) return true;
    // A part that holds a call together with its result is as good as the pair.
    return (
      toolCalls.some(({ id }) => !isUnpaired("call", id)) ||
      toolResults.some(({ callId }) => !isUnpaired("result", callId))
    );
  };
  const changed: Record<string, Json> = { ...message };
  for (const place of PLACES) {
    const parts = message[place];
    if (Array.isArray(parts)) changed[place] = (parts as readonly Json[]).filter(isKept);
    else if (place === "content" && isJsonObject(parts) && !isKept(parts)) return undefined;
  }
  // The form that OpenAI had before: one call, without an id, beside the content.
  if (isJsonObject(message["function_call"]) && isUnpaired("call", undefined))
    delete changed["function_call"];
  const { text, toolCalls, toolResults, attachments } = projectMessage(Message.from(changed));
  const rest = [
    ...toolCalls.map(({ id }) => isUnpaired("call", id)),
    ...toolResults.map(({ callId }) => isUnpaired("result", callId)),
  ];
  if (rest.some(Boolean)) return undefined;
  return text === "" && rest.length === 0 && attachments.length === 0 ? undefined : Message.from(changed);
}
