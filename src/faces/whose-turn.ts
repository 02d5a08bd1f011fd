import type { SessionSummary } from "../index.ts";
import { isArchived } from "../session/summary/marks.ts";
import { isBeside, type Message } from "../session/message.ts";
import { projectMessage } from "../session/projection/project-message.ts";
import type { SessionStore } from "../store/session-store.ts";

/**
 * How a session stands that nobody holds. `yours`: the agent has ended its turn, or asks for an approval. `call`: it has
 * made a call that has no result, so that it is at work, asks in a way that is not stored, or broke off.
 */
export type Turn = "yours" | "call";

/** What was not touched for so long waits for nobody. */
const RECENT = 24 * 3_600_000;
/** So many sessions are looked into: the ends of more would be waited for. */
const MOST = 50;
/** Notes beside the conversation are passed over, so many at most. */
const LOOKED_AT = 20;

/** Whose turn it is in those of the sessions that changed lately; others are left out. Only their ends are read. */
export async function turnsOf(
  store: SessionStore,
  sessions: readonly SessionSummary[],
  now: Date,
): Promise<ReadonlyMap<string, Turn>> {
  const lately = sessions.filter(
    (session) =>
      session.held === null &&
      session.parentId === null &&
      !isArchived(session) &&
      session.messageCount > 0 &&
      now.getTime() - Date.parse(session.updatedAt) < RECENT,
  );
  const turns = new Map<string, Turn>();
  await Promise.all(
    lately.slice(0, MOST).map(async ({ id }) => {
      const turn = await turnOf(store, id).catch(() => undefined);
      if (turn !== undefined) turns.set(id, turn);
    }),
  );
  return turns;
}

/** Whose turn it is in a session, by its end; `undefined` where nobody is waited for. */
export async function turnOf(store: SessionStore, id: string): Promise<Turn | undefined> {
  for await (const { message } of store.messages(id, { reverse: true, limit: LOOKED_AT })) {
    if (!isBeside(message) && message["meta"] !== true) return turnAfter(message);
  }
  return undefined;
}

function turnAfter(message: Message): Turn | undefined {
  if (message.role !== "assistant") return undefined;
  const { parts, toolCalls, toolResults } = projectMessage(message);
  if (toolCalls.some(({ awaitsApproval }) => awaitsApproval === true)) return "yours";
  if (toolCalls.length > toolResults.length) return "call";
  // What has thought, or got an answer, and said nothing since is still at it.
  const said = parts.findLast(({ type }) => type === "text" || type === "result");
  return said?.type === "text" && said.text.trim() !== "" ? "yours" : undefined;
}
