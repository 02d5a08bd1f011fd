import { shown } from "../session/json/arguments.ts";
import type { Committed } from "../session/commit.ts";
import { boundaryOf } from "../session/context/compaction.ts";
import { isAgentsSummary, isSpoken, summarised } from "../session/context/context.ts";
import { pairingOf, seamsOf, type Pairing } from "../session/context/pairs.ts";
import { compactionOf, stepsOf, withSteps } from "../session/context/steps.ts";
import { InvalidArgumentError, SessionNotFoundError } from "../session/errors/errors.ts";
import type { Message } from "../session/message.ts";
import type { SessionId } from "../session/session-id.ts";
import { checkHeld } from "./held.ts";
import { change, type Sessions } from "./sessions.ts";

export interface CompactOptions {
  /**
   * The summary, or what makes one of the messages that it is to stand for; an earlier summary comes first among them,
   * as a system message. It is called once.
   */
  readonly summary: string | ((messages: readonly Message[]) => string | Promise<string>);
  /** At least so many of the newest messages stay as they are. Default: 20. */
  readonly keepRecent?: number | undefined;
}

/**
 * Lets a summary stand for the beginning of a session when a model is sent it (`session.context()`). What was said stays
 * in the session: it can be read, found and exported as before, and `undo` takes the summary away. A call and its result
 * are never parted.
 * @returns what was committed; `undefined` when there is nothing to shorten.
 */
export async function compact(
  sessions: Sessions,
  id: SessionId,
  { summary, keepRecent = 20 }: CompactOptions,
): Promise<Committed | undefined> {
  if (!Number.isSafeInteger(keepRecent) || keepRecent < 0) {
    throw new InvalidArgumentError(`keepRecent must be a whole number from 0 up, not ${String(keepRecent)}.`);
  }
  if (typeof summary !== "string" && typeof summary !== "function")
    throw new InvalidArgumentError(`summary must be a text or a function, not ${shown(summary)}.`);
  const planned = await plan(sessions, id, keepRecent);
  // Whoever has lost the session pays for no summary.
  if (sessions.lease !== undefined) await checkHeld(sessions.engine, id, sessions.lease);
  if (planned === undefined) return undefined;
  const { upTo, boundary, covered } = planned;
  const text = typeof summary === "string" ? summary : await summary(covered);
  if (typeof text !== "string" || text.trim() === "")
    throw new InvalidArgumentError("The summary must be a text that is not empty. Nothing was changed.");
  return await change(sessions, id, ({ head, messages }) => {
    const last = messages[upTo - 1];
    // Someone has taken away what the summary is of.
    if (last === undefined || boundaryOf(last) !== boundary) return undefined;
    const step = { kind: "compact", at: new Date().toISOString(), summary: text, upTo, boundary } as const;
    return { set: { extra: withSteps(head.extra, [...stepsOf(head.extra), step]) } };
  });
}

/** What a summary is to stand for; `undefined` when that is nothing, or nothing new. */
async function plan(
  { engine }: Sessions,
  id: SessionId,
  keepRecent: number,
): Promise<{ upTo: number; boundary: number; covered: readonly Message[] } | undefined> {
  const stored = await engine.read(id);
  if (stored === undefined) throw new SessionNotFoundError(id);
  const { messages, head } = stored;
  const pairing = pairingOf(messages);
  const seams = seamsOf(messages.length, [...pairing.pairs, ...underWay(messages, pairing)]);
  let upTo = Math.max(messages.length - keepRecent, 0);
  while (upTo > 0 && seams[upTo] !== true) upTo--;
  const before = compactionOf(head.extra, messages);
  const last = messages[upTo - 1];
  if (last === undefined || upTo <= (before?.upTo ?? 0)) return undefined;
  const { summary, behind } = summarised(messages.slice(0, upTo), before);
  const covered = summary === undefined ? behind : [summary, ...behind];
  // An agent's summary among the newest messages stands for all of that already.
  if (messages.slice(upTo).some(isAgentsSummary)) return undefined;
  return { upTo, boundary: boundaryOf(last), covered };
}

/** Calls whose result may still come, as pairs that end behind the last message: a person has not spoken since. */
function underWay(messages: readonly Message[], { unpaired }: Pairing): { call: number; result: number }[] {
  const spoken = messages.findLastIndex((message) => isSpoken(message));
  return unpaired.flatMap(({ kind, position }) =>
    kind === "call" && position > spoken ? { call: position, result: messages.length } : [],
  );
}
