import type { SearchHit } from "../contract.ts";
import { wordsOf, type Term, type Word } from "./search-words.ts";

/** Characters shown before the first find, and in all. */
const BEFORE = 40;
const LENGTH = 160;
/** How far into a text finds are looked for. */
const LOOKED_AT = 100_000;

/** A piece of a text around what was found in it. */
export function snippetOf(text: string, terms: readonly Term[]): Pick<SearchHit, "snippet" | "marks"> {
  const finds: Word[] = [];
  for (const word of wordsOf(text.slice(0, LOOKED_AT))) {
    if (finds[0] !== undefined && word.start > finds[0].start + LENGTH) break;
    if (terms.some((term) => matches(word.text, term))) finds.push(word);
  }
  const start = boundary(text, Math.max((finds[0]?.start ?? 0) - BEFORE, 0));
  const end = boundary(text, Math.min(start + LENGTH, text.length));
  const marks = finds
    .filter((find) => find.end <= end)
    .map((find) => [find.start - start, find.end - start] as const);
  return { snippet: text.slice(start, end).replace(/[\r\n\t]/g, " "), marks };
}

function matches(word: string, { words, isPrefix }: Term): boolean {
  return words.some((sought, index) =>
    isPrefix && index === words.length - 1
      ? word.startsWith(sought)
      : word === sought || hasPart(word, sought),
  );
}

/** A find inside an identifier. */
function hasPart(word: string, sought: string): boolean {
  return sought.length > 1 && word.includes(sought);
}

/** Not within a surrogate pair. */
function boundary(text: string, index: number): number {
  return /[\udc00-\udfff]/.test(text[index] ?? "") && index > 0 ? index - 1 : index;
}
