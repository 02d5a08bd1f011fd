import type { SessionSummary } from "../../index.ts";
import { isArchived } from "../../session/summary/marks.ts";
import { isBeside, type Message } from "../../session/message.ts";
import { projectMessage } from "../../session/projection/project-message.ts";
import type { SessionStore } from "../../store/session-store.ts";

/**
 * How a session stands that nobody holds: the agent has said its last word; or it has made a call that has no result,
 * so that it asks for an approval, is at work, or broke off. Which of these, the session does not say.
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

async function turnOf(store: SessionStore, id: string): Promise<Turn | undefined> {
  for await (const { message } of store.messages(id, { reverse: true, limit: LOOKED_AT })) {
    if (!isBeside(message) && message["meta"] !== true) return turnAfter(message);
  }
  return undefined;
}

/** Whose turn it is after a message. */
function turnAfter(message: Message): Turn | undefined {
  if (message.role !== "assistant") return undefined;
  const { toolCalls, toolResults } = projectMessage(message);
  return toolCalls.length > toolResults.length ? "call" : "yours";
}
