import type { Message } from "../../session/message.ts";
import { projectMessage } from "../../session/projection.ts";
import { jsonText } from "../../session/json.ts";

/**
 * How text becomes words, the same for what is stored and for what is looked for. The database's own parser depends on
 * its locale and takes a Chinese sentence for one word, so the words are made here and stored as a `tsvector`:
 * lower case, one word per run of letters, digits and `_`, one per Chinese, Japanese or Thai character.
 */

/** Text of a message beyond this is not indexed. */
const LONGEST_TEXT = 100_000;
const LONGEST_WORD = 100;
/** Positions in a `tsvector` end here. */
const LAST_POSITION = 16_383;
/** And so many of one word. */
const MOST_POSITIONS = 200;

export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{M}\p{N}_])+/gu;
/** `camelCase`, `HTTPServer` and `snake_case` are found by their parts too. */
const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|\p{N}+|[\p{L}\p{M}]+/gu;

/** The words of a text, in order. */
export function* wordsOf(text: string): Generator<Word> {
  for (const match of text.matchAll(WORD)) {
    yield { text: folded(match[0]), start: match.index, end: match.index + match[0].length };
  }
}

/** A word's own parts, when it has several. */
function* partsOf(word: string): Generator<string> {
  if (!/[_\p{Lu}\p{N}]/u.test(word.slice(1)) && !word.startsWith("_")) return;
  const parts = word.match(PART) ?? [];
  if (parts.length > 1 || word.includes("_")) for (const part of parts) yield folded(part);
}

function folded(word: string): string {
  return Array.from(word.normalize("NFKC").toLowerCase()).slice(0, LONGEST_WORD).join("");
}

/** What of a message can be found. */
export function searchedText(message: Message): string {
  const { text, reasoning, toolCalls, toolResults } = projectMessage(message);
  return [
    text,
    reasoning,
    ...toolCalls.map(
      (call) =>
        `${call.name} ${typeof call.arguments === "string" ? call.arguments : jsonText(call.arguments)}`,
    ),
    ...toolResults.map((result) => result.text),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** A message's words and role, as text for a `tsvector`. */
export function messageVector(message: Message): string {
  return vector(searchedText(message), roleWord(message.role));
}

/** A title's words, as text for a `tsvector`. */
export function titleVector(title: string): string {
  return vector(title);
}

/** A word that no text has: it stands for a role. */
function roleWord(role: string): string {
  return `=${Array.from(jsonText(role)).slice(0, LONGEST_WORD).join("")}`;
}

function vector(text: string, mark?: string): string {
  const positions = new Map<string, number[]>();
  const note = (word: string, position: number): void => {
    const known = positions.get(word);
    if (known === undefined) positions.set(word, [position]);
    else if (known.length < MOST_POSITIONS) known.push(position);
  };
  let position = 0;
  const shortened = text.slice(0, LONGEST_TEXT);
  for (const { text: word, start, end } of wordsOf(shortened)) {
    position = Math.min(position + 1, LAST_POSITION);
    note(word, position);
    for (const part of partsOf(shortened.slice(start, end))) if (part !== word) note(part, position);
  }
  const lexemes = Array.from(positions, ([word, at]) => `${lexeme(word)}:${at.join(",")}`);
  if (mark !== undefined) lexemes.unshift(lexeme(mark));
  return lexemes.join(" ");
}

/** A word as the text of a `tsvector` or `tsquery` has it. */
function lexeme(word: string): string {
  return `'${word.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** One term of a search: words that follow each other, the last one perhaps only a beginning. */
export interface Term {
  readonly words: readonly string[];
  readonly isPrefix: boolean;
}

/** Reads `word "a phrase" prefix*`. Text without a word has no terms. */
export function termsOf(text: string): Term[] {
  const terms: Term[] = [];
  for (const match of text.matchAll(/"([^"]*)"?|([^\s"]+)/g)) {
    const given = match[1] ?? match[2] ?? "";
    const words = Array.from(wordsOf(given), (word) => word.text);
    if (words.length > 0) terms.push({ words, isPrefix: match[2] !== undefined && given.endsWith("*") });
  }
  return terms;
}

/** The terms as text for a `tsquery`; all must occur. */
export function queryOf(terms: readonly Term[], role?: string): string {
  const clauses = terms.map(({ words, isPrefix }) => {
    const lexemes = words.map((word, index) =>
      isPrefix && index === words.length - 1 ? `${lexeme(word)}:*` : lexeme(word),
    );
    return `(${lexemes.join(" <-> ")})`;
  });
  if (role !== undefined) clauses.push(lexeme(roleWord(role)));
  return clauses.join(" & ");
}
