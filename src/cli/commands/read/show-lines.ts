import type { MessageRange, SessionSummary } from "../../../index.ts";
import { jsonText } from "../../../session/json/json.ts";
import type { SessionSnapshot } from "../../../store/reading/snapshot.ts";
import type { Context } from "../../context.ts";
import type { LineSink } from "../../output/pager.ts";
import { printable } from "../../output/text-width.ts";
import { counted } from "../../output/units.ts";
import { Reading } from "../../reading/conversation.ts";
import type { ReadingOptions } from "../../reading/reading.ts";
import { headLines } from "../../reading/session-head.ts";
import { paint, span } from "../../reading/spans.ts";
import { wrapped } from "../../reading/wrap.ts";
import { eventLines, eventsOf, type Events } from "./show-left.ts";

/** What is shown: a session at one revision, and which of its messages. */
export interface Shown {
  readonly summary: SessionSummary;
  readonly snapshot: SessionSnapshot;
  readonly range: Promise<MessageRange>;
}

interface Looks {
  readonly look: ReadingOptions;
  readonly raw?: boolean;
  readonly branches?: boolean;
}

/** Gives the session as lines, its head first, until nobody reads them any more. */
export async function showLines(
  { store, output, now }: Context,
  { summary, snapshot, range: asked }: Shown,
  { look, raw = false, branches = false }: Looks,
  sink: LineSink,
): Promise<void> {
  const say = async (text: string): Promise<boolean> => {
    for (const line of [[], ...wrapped([span(text, "dim")], output.width)])
      if (!(await sink(paint(line, output.isColoured)))) return false;
    return true;
  };
  for (const line of headLines(summary, snapshot.head, { now, width: output.width }))
    if (!(await sink(paint(line, output.isColoured)))) return;
  const range = await asked;
  const { from = 0 } = range;
  const { messageCount } = snapshot;
  if (messageCount > 0 && from >= messageCount) {
    await say(
      `There is no message ${from}: the session has ${counted(messageCount, "message")}, the last is #${messageCount - 1}.`,
    );
    return;
  }
  if (from > 0 && !(await say(`… ${counted(from, "message")} before (--all shows them)`))) return;
  const isTold = !raw && look.promptsOnly !== true;
  const events: Events = isTold ? await eventsOf(store, snapshot, branches) : new Map();
  let reading = new Reading(look);
  let next = from;
  /** What happened in front of a message; who speaks behind it is named again. */
  const happened = (position: number): string[] => {
    const some = events.get(position);
    if (some === undefined) return [];
    const before = reading.end().map(({ text }) => text);
    reading = new Reading(look);
    return [...before, ...eventLines(some, look)];
  };
  for await (const { position, message } of snapshot.messages(range)) {
    next = position + 1;
    for (const text of happened(position)) if (!(await sink(text))) return;
    const lines = raw ? [{ text: printable(jsonText(message)) }] : reading.of(position, message);
    for (const { text } of lines) if (!(await sink(text))) return;
  }
  if (next === messageCount) for (const text of happened(next)) if (!(await sink(text))) return;
  for (const { text } of reading.end()) if (!(await sink(text))) return;
  const left = messageCount - next;
  if (range.limit !== undefined && left > 0)
    await say(`… ${counted(left, "message")} behind (--from ${next} goes on)`);
}
