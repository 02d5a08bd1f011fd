import type { SearchHit } from "../contract.ts";
import { phrasesOf, type Phrase } from "./search-query.ts";
import { isUnspaced } from "./search-tokens.ts";

/** A word shorter than this is looked for as it is only. */
const SHORTEST_PART = 3;
/** One with a slip has at least so many letters: of shorter ones another word is one letter away. */
const SHORTEST_SLIP = 4;
const LONGEST_SLIP = 30;

/**
 * A search as all engines do it: first for the words as they are; when those are fewer than asked for, for words that go
 * on (`shenanigan` in `shenanigans`) and for parts of identifiers (`UserProfile` in `getUserProfileById`); and when there
 * are none at all, for words that are one slip of a finger away.
 * @param find the best finds of some phrases, at most so many.
 */
export async function searchInStages(
  text: string,
  limit: number,
  find: (phrases: readonly Phrase[], limit: number) => Promise<readonly SearchHit[]>,
): Promise<SearchHit[]> {
  const phrases = phrasesOf(text);
  if (phrases.length === 0) return [];
  const hits = [...(await find(phrases, limit))];
  if (hits.length >= limit) return hits;
  const loose = phrases.map(loosened);
  if (loose.some((phrase) => phrase.loose === true)) {
    const known = new Set(hits.map(keyOf));
    for (const hit of await find(loose, limit)) if (!known.has(keyOf(hit))) hits.push(hit);
  }
  if (hits.length > 0) return hits.slice(0, limit);
  const slipped = phrases.map(withSlips);
  return slipped.some(({ slips }) => slips !== undefined) ? [...(await find(slipped, limit))] : [];
}

function keyOf({ id, position }: SearchHit): string {
  return `${id} ${position ?? ""}`;
}

function loosened(phrase: Phrase): Phrase {
  const last = phrase.words.at(-1) ?? "";
  const isAsItIs = phrase.quoted === true || last.length < SHORTEST_PART || isUnspaced(last);
  return isAsItIs ? phrase : { ...phrase, loose: true };
}

function withSlips(phrase: Phrase): Phrase {
  const [word = "", ...others] = phrase.words;
  if (
    phrase.quoted === true ||
    others.length > 0 ||
    word.length < SHORTEST_SLIP ||
    word.length > LONGEST_SLIP ||
    isUnspaced(word)
  )
    return loosened(phrase);
  return { ...phrase, slips: slipsOf(word) };
}

const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyz0123456789");

/** The words that are one letter more, less or another, or two neighbours changed places, away from a word. */
function slipsOf(word: string): ReadonlySet<string> {
  const slips = new Set<string>();
  const characters = Array.from(word);
  const letters = new Set([...LETTERS, ...characters]);
  for (let at = 0; at <= characters.length; at++) {
    const before = characters.slice(0, at).join("");
    const [own = "", next, ...rest] = characters.slice(at);
    const behind = (next ?? "") + rest.join("");
    if (own !== "") slips.add(before + behind);
    if (next !== undefined) slips.add(before + next + own + rest.join(""));
    for (const letter of letters) {
      if (own !== "") slips.add(before + letter + behind);
      slips.add(before + letter + own + behind);
    }
  }
  slips.delete(word);
  return slips;
}
