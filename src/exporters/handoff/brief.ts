import { cutText } from "../../session/json/outgoing-text.ts";
import { codeSpan, escaped, fenced } from "../markdown.ts";
import { inOneLine } from "./plain-text.ts";
import type { Turn, Work } from "./work.ts";

/** About 3,000 tokens: it leaves the agent that reads it all of its own room. */
export const HANDOFF_BUDGET = 12_000;
export const SMALLEST_HANDOFF = 3000;

export interface BriefHead {
  readonly title: string;
  /** What stands above everything, a sentence or two. */
  readonly about: string;
  /** Labels and values; none of them is empty. */
  readonly facts: readonly (readonly [label: string, value: string])[];
}

/** A part of a brief. The parts with a lower rank get their room first; what one leaves goes to those behind it. */
interface Section {
  readonly heading: string;
  readonly rank: number;
  /** Of the whole budget, at most so much as long as others need theirs. */
  readonly share: number;
  /** Its blocks, as far as they have room. */
  readonly blocks: (room: number) => string[];
}

const LONGEST_TITLE = 200;
const LONGEST_FACT = 200;
const LONGEST_LINE = 200;
/** A quotation that would be shorter says nothing. */
const SHORTEST_QUOTE = 60;
/** What stands around a quotation and between blocks, at most. */
const FRAME = 40;

/** The brief as Markdown, within `budget` UTF-16 units. What was left out is told. */
export function briefOf(head: BriefHead, work: Work, budget: number): string {
  const top = [
    `# ${escaped(cutText(inOneLine(head.title), LONGEST_TITLE))}`,
    head.about,
    head.facts
      .map(([label, value]) => `- ${label}: ${codeSpan(cutText(inOneLine(value), LONGEST_FACT))}`)
      .join("\n"),
  ].join("\n\n");
  const sections: Section[] = [
    { heading: "What was asked", rank: 0, share: 0.2, blocks: (room) => asked(work, room) },
    { heading: "What was done", rank: 4, share: 0.15, blocks: (room) => done(work, room) },
    { heading: "Files changed", rank: 3, share: 0.15, blocks: (room) => files(work, room) },
    { heading: "Open ends", rank: 1, share: 0.15, blocks: (room) => openEnds(work, room) },
    { heading: "What was said last", rank: 2, share: 0.3, blocks: (room) => last(work, room) },
  ];
  let left = budget - top.length - 1;
  let saved = 0;
  const written = new Map<Section, string>();
  for (const section of sections.toSorted((one, other) => one.rank - other.rank)) {
    const isLast = section.rank === sections.length - 1;
    const room = isLast ? left : Math.min(left, Math.floor(section.share * budget) + saved);
    const heading = `\n\n## ${section.heading}\n\n`;
    const blocks = section.blocks(room - heading.length);
    if (blocks.length > 0) written.set(section, heading + blocks.join("\n\n"));
    const taken = written.get(section)?.length ?? 0;
    left -= taken;
    saved = Math.max(room - taken, 0);
  }
  return `${top}${sections.map((section) => written.get(section) ?? "").join("")}\n`;
}

function asked({ first, turns, promptCount }: Work, room: number): string[] {
  if (first === undefined) return [];
  const quoted = quote("First", first.prompt, promptCount === 1 ? room : Math.floor(room * 0.6));
  const later = turns.filter((turn) => turn !== first);
  const rest = room - (quoted?.length ?? 0) - 2;
  const lines = listed(
    later.map((turn) => `- ${turnPlace(turn)}: ${asLine(turn.prompt)}`),
    rest,
    promptCount - 1 - later.length,
    "prompt",
  );
  return [...(quoted === undefined ? [] : [quoted]), ...lines];
}

function done({ calls, summary }: Work, room: number): string[] {
  const counts = [...calls].sort(([, one], [, other]) => other - one);
  const line = counts.map(([name, count]) => `${escaped(name)} ${count}`).join(", ");
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const told = total === 0 ? "" : cutText(`${total} calls of tools: ${line}.`, Math.min(room, 600));
  const blocks = told === "" ? [] : [told];
  const quoted =
    summary === undefined
      ? undefined
      : quote("The agent's own summary of what it no longer holds", summary, room - told.length - 2);
  return quoted === undefined ? blocks : [...blocks, quoted];
}

function files({ files }: Work, room: number): string[] {
  const lines = [...files].map(([path, { edits, added, removed }]) => {
    const much = added + removed === 0 ? "" : `, +${added} −${removed}`;
    return `- ${codeSpan(cutStart(path, LONGEST_LINE))}: ${edits} ${edits === 1 ? "change" : "changes"}${much}`;
  });
  return listed(lines, room, 0, "file");
}

function openEnds({ plan, failures, unanswered, turns }: Work, room: number): string[] {
  const lines: string[] = [];
  for (const [about, text] of failures)
    lines.push(`- failed, and was not repeated with success: ${codeSpan(about)}: ${asLine(text)}`);
  if (plan.some(({ state }) => state !== "done"))
    for (const { text, state } of plan)
      lines.push(`- [${state === "done" ? "x" : " "}] ${asLine(text)}${state === "now" ? " (begun)" : ""}`);
  for (const about of unanswered.values()) lines.push(`- called, and not answered: ${codeSpan(about)}`);
  if (turns.at(-1)?.answer === undefined && turns.length > 0)
    lines.push("- the last prompt has no answer yet");
  return listed(lines, room, 0, "open end");
}

/** The last prompts and answers, as many as have room, in their order. */
function last({ first, turns }: Work, room: number): string[] {
  const blocks: string[] = [];
  let left = room;
  for (const turn of turns.toReversed()) {
    const isFirst = turn === first;
    // The first one stands above.
    const prompt = isFirst ? "" : quote(`Prompt, ${turnPlace(turn)}`, turn.prompt, Math.floor(left / 3));
    if (prompt === undefined) break;
    if (!isFirst) left -= prompt.length + 2;
    const label = isFirst ? "Answer to the first prompt" : "Answer";
    const answer = turn.answer === undefined ? undefined : quote(label, turn.answer, Math.floor(left * 0.7));
    if (answer !== undefined) left -= answer.length + 2;
    blocks.unshift(...[prompt, answer ?? ""].filter((block) => block !== ""));
  }
  return blocks;
}

/** A label and the text below it, in at most `room`; `undefined` where that is too little. */
function quote(label: string, text: string, room: number): string | undefined {
  const most = room - label.length - FRAME;
  if (text === "" || most < Math.min(SHORTEST_QUOTE, text.length)) return undefined;
  for (let length = most; length > 0; length = Math.floor(length * 0.7)) {
    // A text of backticks makes long fences.
    const quoted = `${label}:\n\n${fenced(cutText(text, length))}`;
    if (quoted.length <= room) return quoted;
  }
  return undefined;
}

/** Lines as a list, those at the end first of all; what has no room is counted. */
function listed(lines: readonly string[], room: number, before: number, noun: string): string[] {
  if (lines.length === 0 && before <= 0) return [];
  const kept: string[] = [];
  let left = room - FRAME - noun.length;
  for (const line of lines.toReversed()) {
    if (line.length + 1 > left) break;
    left -= line.length + 1;
    kept.unshift(line);
  }
  const missing = lines.length - kept.length + Math.max(before, 0);
  if (missing > 0) kept.unshift(`- … ${missing} more ${missing === 1 ? noun : `${noun}s`} before`);
  return room < FRAME + noun.length ? [] : [kept.join("\n")];
}

function turnPlace({ position }: Turn): string {
  return `message ${position}`;
}

function asLine(text: string): string {
  return escaped(cutText(inOneLine(text.slice(0, 4 * LONGEST_LINE)), LONGEST_LINE));
}

/** Of a path, the end tells more. */
function cutStart(path: string, most: number): string {
  return path.length <= most ? path : `…${path.slice(1 - most).toWellFormed()}`;
}
