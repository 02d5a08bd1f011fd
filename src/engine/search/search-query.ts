import { checkFlags, checkText, checkTexts } from "../../session/json/arguments.ts";
import type { SearchQuery } from "../contract.ts";
import { checkLimit, checkWorkspace, instant } from "../list-query.ts";
import { checkLeavesOut } from "./search-leaves-out.ts";
import { folded, isBehindWord, isUnspaced, partsOf, tokensOf, type Token } from "./search-tokens.ts";

/** Words that stand next to each other. */
export interface Phrase {
  readonly words: readonly string[];
  /** The last word may go on. */
  readonly prefix: boolean;
  /** Meant as it is written. */
  readonly quoted?: true;
  /** The last word may go on, and one that stands alone may be a part of an identifier. */
  readonly loose?: boolean;
  /** The words that are taken for the only one. */
  readonly slips?: ReadonlySet<string>;
}

/** Where a phrase was found, and which one. */
export interface Match {
  readonly phrase: number;
  readonly start: number;
  readonly end: number;
}

const DEFAULT_HITS = 20;

/**
 * The phrases that a user's text asks for, all of which must occur in one message. Words are apart by spaces; `"…"`
 * keeps several together, `…*` finds what begins so; whatever else is in a word (`foo_bar.baz`, `--flag`, `src/a.ts`)
 * makes a phrase of its parts. There is no text that is not understood; one without a word finds nothing.
 */
export function phrasesOf(text: string): Phrase[] {
  const phrases: Phrase[] = [];
  for (const [, quoted, star, bare] of text.matchAll(/"([^"]*)(?:"(\*)?|$)|([^\s"]+)/g)) {
    const phrase = phraseOf(quoted ?? bare ?? "", star !== undefined || (bare?.endsWith("*") ?? false));
    if (phrase !== undefined) phrases.push(quoted === undefined ? phrase : { ...phrase, quoted: true });
  }
  return phrases;
}

function phraseOf(text: string, prefix: boolean): Phrase | undefined {
  const words = Array.from(tokensOf(text), ({ word }) => word);
  const last = words.at(-1);
  if (last === undefined) return undefined;
  if (!isUnspaced(last)) return { words, prefix };
  // The text may go on behind the last character, which then is part of a pair: the pair before it says enough.
  const before = words.at(-2);
  if (before !== undefined && isUnspaced(before) && before.endsWith(last))
    return { words: words.slice(0, -1), prefix: false };
  return { words, prefix: true };
}

/** Where the phrases occur in a text, in its order, among the words that begin between two places. */
export function matchesIn(
  text: string,
  phrases: readonly Phrase[],
  from = 0,
  to: number = text.length,
): Match[] {
  const matches: Match[] = [];
  const longest = phrases.reduce((most, { words }) => Math.max(most, words.length), 1);
  const recent: Token[] = [];
  for (const token of tokensOf(text, from)) {
    if (token.start > to) break;
    if (recent.push(token) > longest) recent.shift();
    for (let index = 0; index < phrases.length; index++) {
      const phrase = phrases[index];
      if (phrase === undefined) continue;
      const part = endsWith(recent, phrase) ? 0 : partIn(text, token, phrase);
      if (part === undefined) continue;
      const first = recent[recent.length - phrase.words.length];
      matches.push({ phrase: index, start: (first?.start ?? token.start) + part, end: token.end });
    }
  }
  return matches;
}

/** So many finds of each phrase are compared for the best place. */
const COMPARED = 1000;

/** So much of a word is looked for as it is written; the whole of it is compared where that is found. */
const COMPARED_LETTERS = 100;

/**
 * Where the phrases occur as they are written, but for upper and lower case: only the first of each when there is but
 * one phrase, a bounded number otherwise. Far less work than `matchesIn`; words with accents in the text are missed.
 */
export function writtenMatchesIn(text: string, phrases: readonly Phrase[]): Match[] {
  const matches: Match[] = [];
  const most = phrases.length === 1 ? 1 : COMPARED;
  for (const [index, phrase] of phrases.entries()) {
    const [first = ""] = phrase.words;
    // A word is letters and digits: nothing in it means anything in an expression, which may not be as long as a book.
    const written = new RegExp(first.slice(0, COMPARED_LETTERS), "gi");
    let left = most;
    for (let found = written.exec(text); found !== null && left > 0; found = written.exec(text)) {
      if (!isUnspaced(first) && isBehindWord(text, found.index)) continue;
      const end = endOfPhrase(text, found.index, phrase);
      if (end === undefined) continue;
      matches.push({ phrase: index, start: found.index, end });
      left--;
    }
  }
  return matches.sort((left, right) => left.start - right.start);
}

function endOfPhrase(text: string, start: number, phrase: Phrase): number | undefined {
  const tokens: Token[] = [];
  for (const token of tokensOf(text, start)) {
    tokens.push(token);
    if (tokens.length === phrase.words.length) return endsWith(tokens, phrase) ? token.end : undefined;
  }
  return undefined;
}

/** Whether every phrase occurs among the matches. */
export function hasAll(matches: readonly Match[], phrases: readonly Phrase[]): boolean {
  return phrases.length > 0 && new Set(matches.map(({ phrase }) => phrase)).size === phrases.length;
}

/** Where in an identifier the part begins that is looked for, counted from its start. */
function partIn(text: string, { start, end }: Token, { words, loose }: Phrase): number | undefined {
  const [word = ""] = words;
  if (loose !== true || words.length > 1) return undefined;
  const written = text.slice(start, end);
  return partsOf(written).find((part) => folded(written.slice(part)).startsWith(word));
}

function endsWith(recent: readonly Token[], { words, prefix, loose = false, slips }: Phrase): boolean {
  const offset = recent.length - words.length;
  if (offset < 0) return false;
  // From the end: most words are told apart by the first comparison.
  for (let index = words.length - 1; index >= 0; index--) {
    const found = recent[offset + index]?.word ?? "";
    const word = words[index] ?? "";
    const goesOn = (prefix || loose) && index === words.length - 1;
    if (found === word || (goesOn && found.startsWith(word)) || slips?.has(found) === true) continue;
    return false;
  }
  return true;
}

/** @throws {InvalidArgumentError} when a query makes no sense. */
export function checkSearch(query: SearchQuery): { limit: number; since: number; until: number } {
  const { limit, since, workspace } = query;
  checkText(query.text, "text");
  checkTexts(query, ["user", "role", "source", "tag", "directory", "tool"]);
  checkFlags(query, ["mayBeBehind"]);
  checkLeavesOut(query);
  checkLimit(limit);
  checkWorkspace(workspace);
  const times = { since: instant(since, "since", -Infinity), until: instant(query.until, "until", Infinity) };
  return { limit: limit ?? DEFAULT_HITS, ...times };
}
