import { withoutControlSequences } from "../../session/summary/control-sequences.ts";
import { characterStart } from "../../session/json/outgoing-text.ts";
import type { SearchHit } from "../contract.ts";
import { hasAll, matchesIn, writtenMatchesIn, type Match, type Phrase } from "./search-query.ts";
import { isBehindWord } from "./search-tokens.ts";

const LENGTH = 160;
/** So much of a long text is looked through for the best place. */
const LOOKED_THROUGH = 200_000;

/** The piece of a text in which most of the phrases occur, on one line, with the places of the finds. */
export function snippetOf(stored: string, phrases: readonly Phrase[]): Pick<SearchHit, "snippet" | "marks"> {
  const text = withoutControlSequences(stored);
  const from = startOf(text, placesOf(text, phrases));
  const to = characterStart(text, Math.min(from + LENGTH, text.length));
  const lead = from > 0 ? "…" : "";
  const snippet = `${lead}${text.slice(from, to).replace(/[\s\p{Cc}]/gu, " ")}${to < text.length ? "…" : ""}`;
  let begin = from;
  while (begin > 0 && isBehindWord(text, begin)) begin--;
  return { snippet, marks: marksOf(matchesIn(text, phrases, begin, to), from, to, lead.length) };
}

/** Finds to choose from: those that are written as in the query, when every phrase has some. */
function placesOf(text: string, phrases: readonly Phrase[]): readonly Match[] {
  const written = writtenMatchesIn(text, phrases);
  if (hasAll(written, phrases)) return written;
  const matches = matchesIn(text, phrases, 0, LOOKED_THROUGH);
  return matches.length === 0 && text.length > LOOKED_THROUGH ? matchesIn(text, phrases) : matches;
}

/** Where the stretch with the most different phrases begins, a little before its first find. */
function startOf(text: string, matches: readonly Match[]): number {
  let best = matches[0]?.start ?? 0;
  let most = 0;
  for (const [index, { start }] of matches.entries()) {
    const seen = new Set<number>();
    for (let at = index; at < matches.length; at++) {
      const match = matches[at] as Match;
      if (match.end - start > LENGTH * 0.75) break;
      seen.add(match.phrase);
    }
    if (seen.size > most) {
      most = seen.size;
      best = start;
    }
  }
  const before = Math.max(best - LENGTH / 4, 0);
  if (before === 0) return 0;
  const space = text.slice(before, best).search(/\s/);
  return space >= 0 ? before + space + 1 : characterStart(text, before);
}

/** Overlapping finds become one mark. */
function marksOf(matches: readonly Match[], from: number, to: number, shift: number): [number, number][] {
  const marks: [number, number][] = [];
  for (const { start, end } of matches.toSorted((left, right) => left.start - right.start)) {
    if (start < from || end > to) continue;
    const last = marks.at(-1);
    const [markStart, markEnd] = [start - from + shift, end - from + shift];
    if (last !== undefined && markStart < last[1]) last[1] = Math.max(last[1], markEnd);
    else marks.push([markStart, markEnd]);
  }
  return marks;
}
