import { InvalidArgumentError } from "../errors/errors.ts";
import { isJsonObject, type JsonObject } from "../json/json.ts";
import { isBeside, Message } from "../message.ts";
import { projectMessage } from "../projection/project-message.ts";
import type { TokenEstimator } from "../summary/tokens.ts";
import type { Compaction } from "./compaction.ts";
import { pairingOf, seamsOf, type Unpaired } from "./pairs.ts";
import { withoutUnpaired } from "./without-unpaired.ts";

export interface ContextOptions {
  /** Leaves out the oldest messages until the rest is estimated to fit. The last turn stays, however long it is. */
  readonly maxTokens?: number | undefined;
}

/**
 * What a model is sent of a conversation: the compaction's summary in place of what it covers, the messages behind it,
 * no notes (roles with a colon) beside the conversation, and neither a call without its result nor a result without its
 * call.
 */
export function contextOf(
  messages: readonly Message[],
  compaction: Compaction | undefined,
  estimate: TokenEstimator,
  { maxTokens }: ContextOptions = {},
): readonly Message[] {
  if (maxTokens !== undefined && !(maxTokens > 0)) {
    throw new InvalidArgumentError(`maxTokens must be above 0, not ${String(maxTokens)}.`);
  }
  const { summary, behind } = summarised(messages, compaction);
  const paired = withoutOpenEnds(behind.filter((message) => !isBeside(message)));
  const opening = summary === undefined ? leadingSystem(paired) : [summary];
  const rest = summary === undefined ? paired.slice(opening.length) : paired;
  if (maxTokens === undefined) return [...opening, ...rest];
  const tokens = (some: readonly Message[]): number => some.reduce((sum, one) => sum + estimate(one), 0);
  // What opens the conversation stays, though a call in it may have had its result further down.
  return withoutOpenEnds([...opening, ...lastThatFit(rest, estimate, maxTokens - tokens(opening))]);
}

/**
 * The summary that counts, of the session's own compaction or of one that an agent made before its session was brought
 * in, and the messages behind it. An agent's summary is a message: `compaction` marks it, and its `keeps` says how many
 * messages before it stay.
 */
export function summarised(
  messages: readonly Message[],
  compaction: Compaction | undefined,
): { summary: Message | undefined; behind: readonly Message[] } {
  const upTo = compaction?.upTo ?? 0;
  const at = messages.findLastIndex(isAgentsSummary);
  const summary = messages[at];
  if (summary === undefined || at < upTo)
    return { summary: compaction && summaryMessage(compaction), behind: messages.slice(upTo) };
  const { keeps } = summary["compaction"] as JsonObject;
  const kept = typeof keeps === "number" && keeps > 0 ? messages.slice(Math.max(at - keeps, upTo), at) : [];
  return { summary, behind: [...kept, ...messages.slice(at + 1)] };
}

/** Whether an agent put a message there to stand for what came before. */
export function isAgentsSummary({ meta, compaction }: Message): boolean {
  return meta === true && isJsonObject(compaction ?? null);
}

/** A compaction's summary as a message, in the form in which Astrid puts one. */
function summaryMessage({ summary, at }: Compaction): Message {
  return Message.system(`Summary of the conversation so far:\n\n${summary}`, { at });
}

function leadingSystem(messages: readonly Message[]): readonly Message[] {
  const first = messages.findIndex(({ role }) => role !== "system");
  return messages.slice(0, first < 0 ? messages.length : first);
}

function withoutOpenEnds(messages: readonly Message[]): readonly Message[] {
  let rest = messages;
  // Taking away a message that cannot be divided may part a call from its result.
  for (;;) {
    const { unpaired } = pairingOf(rest);
    if (unpaired.length === 0) return rest;
    const at = Map.groupBy(unpaired, ({ position }) => position);
    const NONE: readonly Unpaired[] = [];
    rest = rest.flatMap((message, position) => withoutUnpaired(message, at.get(position) ?? NONE) ?? []);
  }
}

/**
 * The newest messages that fit, from where a person speaks, or else from any seam on. The last turn stays even when it
 * does not fit.
 */
function lastThatFit(
  messages: readonly Message[],
  estimate: TokenEstimator,
  most: number,
): readonly Message[] {
  const behind: number[] = [];
  for (let position = messages.length - 1, sum = 0; position >= 0; position--) {
    const message = messages[position];
    if (message !== undefined) sum += estimate(message);
    behind[position] = sum;
  }
  const isSeam = seamsOf(messages.length, pairingOf(messages).pairs);
  const seams = [...messages.keys()].filter((position) => isSeam[position]);
  const turns = seams.filter((position) => isSpoken(messages[position]));
  const fitting = (positions: readonly number[]): number | undefined =>
    positions.find((position) => (behind[position] ?? 0) <= most);
  return messages.slice(fitting(turns) ?? turns.at(-1) ?? fitting(seams) ?? seams.at(-1) ?? 0);
}

/** Whether a person says something in a message. */
export function isSpoken(message: Message | undefined): boolean {
  return message?.role === "user" && projectMessage(message).text !== "";
}
