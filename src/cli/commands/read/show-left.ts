import type { Message } from "../../../index.ts";
import { importStateOf } from "../../../importers/store/import-state.ts";
import { leftByRewinds, placesOfRewinds, type LeftBranch } from "../../../operations/left.ts";
import { stepsOf } from "../../../session/context/steps.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { SessionSnapshot } from "../../../store/reading/snapshot.ts";
import { counted, grouped } from "../../output/units.ts";
import { Reading } from "../../reading/conversation.ts";
import { folded } from "../../reading/folding.ts";
import { plainLines } from "../../reading/markdown/markdown-lines.ts";
import type { ReadingOptions } from "../../reading/reading.ts";
import { paint, span, styled, type Style } from "../../reading/spans.ts";
import { wrapped } from "../../reading/wrap.ts";

/** What happened in front of a message, and is none itself. */
type Event =
  | { readonly kind: "left"; readonly position: number; readonly messages: readonly Message[] | undefined }
  | { readonly kind: "compacted"; readonly position: number; readonly summary: string };

/** What happened to a session between its messages, by the position of the message behind. */
export type Events = ReadonlyMap<number, readonly Event[]>;

/** So many lines of a summary are shown. */
const MOST_SUMMARY_LINES = 4;

/**
 * Where the session left messages by going back, in its agent or here, and where a summary of ours stands for what is
 * above. An agent's own compactions are messages.
 * @param isWhole with what was left, which is read from the history and from the original.
 */
export async function eventsOf(
  store: SessionStore,
  { id, head }: SessionSnapshot,
  isWhole: boolean,
): Promise<Events> {
  const left = isWhole
    ? [...(await leftInAgent(store, id, head)), ...(await leftByRewinds(store.engine, id, head))]
    : [
        ...(importStateOf(head)?.left ?? []).map((position) => ({ position, messages: undefined })),
        ...(await placesOfRewinds(store.engine, id, head)).map(({ position }) => ({
          position,
          messages: undefined,
        })),
      ];
  const events: Event[] = [
    ...left.map((branch) => ({ kind: "left" as const, ...branch })),
    ...stepsOf(head.extra).flatMap((step) =>
      step.kind === "compact"
        ? [{ kind: "compacted" as const, position: step.upTo, summary: step.summary }]
        : [],
    ),
  ];
  const byPosition = new Map<number, Event[]>();
  for (const event of events)
    byPosition.set(event.position, [...(byPosition.get(event.position) ?? []), event]);
  return byPosition;
}

/** What was left in the agent that the session was imported from. */
async function leftInAgent(
  store: SessionStore,
  id: SessionSnapshot["id"],
  head: SessionSnapshot["head"],
): Promise<readonly LeftBranch[]> {
  // Loaded here: it brings what reads every agent's files.
  const { leftInOriginal } = await import("../../../importers/original/left-in-original.ts");
  return await leftInOriginal(store, id, head);
}

/** The lines of what happened in front of a message. What was left stands behind a bar. */
export function eventLines(events: readonly Event[], look: ReadingOptions): string[] {
  const { width, colour = false } = look;
  const lines: string[] = [];
  const mark = (text: string, style: Style): void => {
    lines.push("", ...wrapped([span(text, style)], width).map((line) => paint(line, colour)));
  };
  const bar = paint([span("╎ ", "dim")], colour);
  const inside = width === undefined ? look : { ...look, width: Math.max(width - 2, 16) };
  for (const event of events) {
    if (event.kind === "compacted") {
      const { position, summary } = event;
      mark(
        `── compacted: for the model a summary stands for the ${grouped(position)} messages above ──`,
        "yellow",
      );
      const shown = folded(summary, look.whole === true ? Infinity : MOST_SUMMARY_LINES);
      const body = [
        ...plainLines(shown.text, inside.width).map((line) => styled(line, "dim")),
        ...shown.more,
      ];
      for (const line of body) lines.push(`  ${paint(line, colour)}`);
    } else if (event.messages === undefined) {
      mark("── what was said here was left by going back (--branches shows it) ──", "yellow");
    } else {
      mark(`── left by going back: ${counted(event.messages.length, "message")} ──`, "yellow");
      const reading = new Reading(inside);
      for (const [index, message] of event.messages.entries())
        for (const { text } of reading.of(event.position + index, message))
          lines.push((bar + text).trimEnd());
      for (const { text } of reading.end()) lines.push((bar + text).trimEnd());
      mark("── the conversation goes on here ──", "dim");
    }
  }
  return lines;
}
