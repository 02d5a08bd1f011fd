import { InvalidArgumentError } from "../session/errors.ts";
import type { SearchQuery } from "./contract.ts";
import { instant } from "./list-query.ts";
import { isUnspaced, tokensOf, type Token } from "./search-text.ts";

/** Words that stand next to each other. */
export interface Phrase {
  readonly words: readonly string[];
  /** The last word may go on. */
  readonly prefix: boolean;
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
    if (phrase !== undefined) phrases.push(phrase);
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

/** Where the phrases occur in a text, in its order; looks no further than `limit` characters. */
export function matchesIn(text: string, phrases: readonly Phrase[], limit = text.length): Match[] {
  const matches: Match[] = [];
  const longest = phrases.reduce((most, { words }) => Math.max(most, words.length), 1);
  const recent: Token[] = [];
  for (const token of tokensOf(text)) {
    if (token.start > limit) break;
    recent.push(token);
    if (recent.length > longest) recent.shift();
    for (const [index, phrase] of phrases.entries()) {
      if (endsWith(recent, phrase)) {
        const first = recent[recent.length - phrase.words.length];
        matches.push({ phrase: index, start: first?.start ?? token.start, end: token.end });
      }
    }
  }
  return matches;
}

/** Whether every phrase occurs among the matches. */
export function hasAll(matches: readonly Match[], phrases: readonly Phrase[]): boolean {
  return phrases.length > 0 && new Set(matches.map(({ phrase }) => phrase)).size === phrases.length;
}

function endsWith(recent: readonly Token[], { words, prefix }: Phrase): boolean {
  const offset = recent.length - words.length;
  if (offset < 0) return false;
  return words.every((word, index) => {
    const found = recent[offset + index]?.word;
    return found === word || (prefix && index === words.length - 1 && found?.startsWith(word) === true);
  });
}

/** @throws {InvalidArgumentError} when a query makes no sense. */
export function checkSearch({ limit, since, workspace }: SearchQuery): { limit: number; since: number } {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new InvalidArgumentError(`limit must be a whole number from 1 up, not ${String(limit)}.`);
  }
  if (workspace !== undefined && workspace.path === undefined && workspace.id === undefined) {
    throw new InvalidArgumentError("workspace needs a path, an id, or both.");
  }
  return { limit: limit ?? DEFAULT_HITS, since: instant(since, "since", -Infinity) };
}
