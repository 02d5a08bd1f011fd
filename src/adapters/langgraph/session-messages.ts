import { isJsonObject, jsonEquals, type Json } from "../../session/json/json.ts";
import { Message } from "../../session/message.ts";

/** Roles by the names of LangChain's classes and by the types that their messages carry. */
const ROLES: Readonly<Record<string, string>> = {
  human: "user",
  ai: "assistant",
  system: "system",
  tool: "tool",
  function: "tool",
};

/**
 * What a list of messages, as LangGraph stores it, is in the session: each item verbatim as the content of a message
 * with its role, so that listing, search and `show` read it.
 */
function sessionMessage(item: Json): Message {
  return Message.from({ role: roleOf(item), content: item });
}

function roleOf(item: Json): string {
  if (!isJsonObject(item)) return "message";
  const { role, type, id } = item;
  if (typeof role === "string") return role;
  const name = Array.isArray(id) ? (id as readonly Json[]).at(-1) : undefined;
  const kind = typeof name === "string" ? name.replace(/Message(Chunk)?$/, "").toLowerCase() : type;
  return typeof kind === "string" ? (ROLES[kind] ?? kind) : "message";
}

/** The splice that leads from the contents that the session's messages have to `items`; `undefined` when none is needed. */
export function spliceTo(
  contents: readonly Json[],
  items: readonly Json[],
): [start: number, deleteCount: number, messages: Message[]] | undefined {
  const most = Math.min(contents.length, items.length);
  let start = 0;
  while (start < most && jsonEquals(contents[start], items[start])) start++;
  if (start === contents.length && start === items.length) return undefined;
  return [start, contents.length - start, items.slice(start).map(sessionMessage)];
}
