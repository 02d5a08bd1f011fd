import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import { isBeside, type Message } from "../../../session/message.ts";
import { projectMessage } from "../../../session/projection/project-message.ts";
import { parseSessionId } from "../../../session/session-id.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { Waiting } from "../../shapes.ts";

const MOST = 60;
/** Notes of the program that stand behind the last thing that was said. */
const LOOKED_AT = 5;

/**
 * Which of some sessions wait for a person: the model has said something last and calls no tool, or a call awaits
 * approval. Their ends are read, and nothing else of them.
 */
export async function waitingAmong(store: SessionStore, params: URLSearchParams): Promise<Waiting> {
  const ids = params.getAll("id");
  if (ids.length > MOST) throw new InvalidArgumentError(`At most ${MOST} sessions are looked at at once.`);
  const waiting: string[] = [];
  for (const id of ids.map(parseSessionId)) if (await waits(store, id)) waiting.push(id);
  return { waiting };
}

async function waits(store: SessionStore, id: string): Promise<boolean> {
  try {
    for await (const { message } of store.messages(id, { reverse: true, limit: LOOKED_AT }))
      if (!isNote(message)) return isForAPerson(message);
  } catch {
    // Removed or damaged since it was listed: the list tells of it.
  }
  return false;
}

function isNote(message: Message): boolean {
  return message["meta"] === true || isBeside(message);
}

function isForAPerson(message: Message): boolean {
  if (message.role !== "assistant") return false;
  const { parts, text } = projectMessage(message);
  const calls = parts.flatMap((part) => (part.type === "call" ? [part.call] : []));
  return calls.length === 0
    ? text.trim() !== ""
    : calls.some(({ awaitsApproval }) => awaitsApproval === true);
}
