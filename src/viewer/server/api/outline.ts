import type { Message } from "../../../session/message.ts";
import { projectMessage } from "../../../session/projection/project-message.ts";
import { asTitle, typedIn } from "../../../session/summary/title.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { FindResult, Outline } from "../../shapes.ts";
import { numberIn } from "./filters.ts";
import { snapshotFor } from "./read-session.ts";
import { textOfPart } from "./shape-message.ts";

/**
 * What a person asked in a session and where the model says something, from a position on: who has the outline up to
 * there reads only what came since.
 */
export async function outlineOf(
  store: SessionStore,
  id: string,
  params: URLSearchParams,
  signal: AbortSignal,
): Promise<Outline> {
  using snapshot = await snapshotFor(store, id, params);
  const from = numberIn(params, "from", 0, Number.MAX_SAFE_INTEGER);
  const prompts: { position: number; at: string | null; text: string }[] = [];
  const said: number[] = [];
  const compactions: number[] = [];
  for await (const { position, message } of snapshot.messages({ from })) {
    if (signal.aborted) break;
    if (message["compaction"] !== undefined) compactions.push(position);
    else if (message.role === "user") {
      const text = promptIn(message);
      if (text !== undefined) prompts.push({ position, at: message.at ?? null, text });
    } else if (message.role === "assistant" && saysSomething(message)) said.push(position);
  }
  return { messageCount: snapshot.messageCount, prompts, said, compactions };
}

/** What a person typed, on a line. */
function promptIn(message: Message): string | undefined {
  if (message["meta"] === true) return undefined;
  const { text, toolResults, attachments } = projectMessage(message);
  if (toolResults.length > 0) return undefined;
  const typed = typedIn(text);
  if (typed !== undefined) return asTitle(typed.text);
  return attachments.length > 0 ? "(an image or a file)" : undefined;
}

function saysSomething(message: Message): boolean {
  return projectMessage(message).text.trim() !== "";
}

const MOST_FOUND = 2000;

/** The messages of a session in which a text occurs, whatever the case of its letters. */
export async function findInSession(
  store: SessionStore,
  id: string,
  params: URLSearchParams,
  signal: AbortSignal,
): Promise<FindResult> {
  const wanted = (params.get("q") ?? "").toLowerCase();
  if (wanted === "") return { found: [], more: false };
  using snapshot = await snapshotFor(store, id, params);
  const found: { position: number; part: number; count: number }[] = [];
  for await (const { position, message } of snapshot.messages()) {
    if (signal.aborted || found.length === MOST_FOUND) break;
    const hit = findIn(message, wanted);
    if (hit !== undefined) found.push({ position, ...hit });
  }
  return { found, more: found.length === MOST_FOUND };
}

function findIn(message: Message, wanted: string): { part: number; count: number } | undefined {
  let first: number | undefined;
  let count = 0;
  for (const [index, part] of projectMessage(message).parts.entries()) {
    const name = part.type === "call" ? `${part.call.name}\n` : "";
    const text = (name + textOfPart(part)).toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      first ??= index;
      count++;
    }
  }
  return first === undefined ? undefined : { part: first, count };
}
