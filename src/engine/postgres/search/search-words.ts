import { jsonText } from "../../../session/json/json.ts";
import type { Message } from "../../../session/message.ts";
import type { SearchQuery } from "../../contract.ts";
import { unwantedOf } from "../../search/search-leaves-out.ts";
import type { Phrase } from "../../search/search-query.ts";
import { searchableOf } from "../../search/search-text.ts";
import { tailsOf, wordsOf } from "../../search/search-tokens.ts";

/**
 * Words as `tsvector` and `tsquery`. The database's own parser depends on its locale and takes a Chinese sentence for
 * one word, so the words are made here, by the rules of all engines (`search-tokens.ts`), and handed over as they are.
 */

/** Text of a message beyond this is not indexed. */
const LONGEST_TEXT = 100_000;
/** Characters of a word that count. */
const LONGEST_WORD = 100;
/** Positions in a `tsvector` end here. */
const LAST_POSITION = 16_383;
/** And so many of one word. */
const MOST_POSITIONS = 200;

/** A message's words, who speaks, and the tools that it calls, as text for a `tsvector`. */
export function messageVector(message: Message): string {
  const { text, speaker, tools } = searchableOf(message);
  const read = text.slice(0, LONGEST_TEXT);
  return vector(read, [roleWord(speaker), ...tools.map(toolWord), ...Array.from(tailsOf(read), tailWord)]);
}

/** A title's words, as text for a `tsvector`. */
export function titleVector(title: string): string {
  return vector(title);
}

/**
 * The phrases as text for a `tsquery`; all must occur, in a message in which this one speaks, which calls that tool, and
 * which is none of what the query leaves out.
 */
export function queryOf(phrases: readonly Phrase[], query: SearchQuery): string {
  const { role, tool, except = {} } = query;
  const clauses = phrases.map(clauseOf);
  const callOf = (name: string): string => lexeme(toolWord(name.toLowerCase()));
  if (role !== undefined) clauses.push(lexeme(roleWord(role)));
  if (tool !== undefined) clauses.push(callOf(tool));
  for (const phrase of unwantedOf(query)) clauses.push(`!${clauseOf(phrase)}`);
  for (const one of except.role ?? []) clauses.push(`!${lexeme(roleWord(one))}`);
  for (const one of except.tool ?? []) clauses.push(`!${callOf(one)}`);
  return clauses.join(" & ");
}

function clauseOf({ words, prefix, loose = false, slips }: Phrase): string {
  const lexemes = words.map((word, index) =>
    (prefix || loose) && index === words.length - 1 ? `${lexeme(word)}:*` : lexeme(word),
  );
  const others = Array.from(slips ?? [], lexeme);
  if (loose && words.length === 1) others.push(`${lexeme(tailWord(words[0] ?? ""))}:*`);
  return `(${[lexemes.join(" <-> "), ...others].join(" | ")})`;
}

/** Words that no text has: one stands for who speaks, others for the tools that are called. */
function roleWord(role: string): string {
  return `=${jsonText(role)}`;
}

function toolWord(name: string): string {
  return `=tool ${jsonText(name)}`;
}

/** The end of an identifier is no word of its own. */
function tailWord(tail: string): string {
  return `~${tail}`;
}

function vector(text: string, marks: readonly string[] = []): string {
  const positions = new Map<string, number[]>();
  let position = 0;
  for (const word of wordsOf(text.slice(0, LONGEST_TEXT))) {
    position = Math.min(position + 1, LAST_POSITION);
    const known = positions.get(word);
    if (known === undefined) positions.set(word, [position]);
    else if (known.length < MOST_POSITIONS) known.push(position);
  }
  // Letters and digits need no escaping. Long words with one beginning become one word to the database.
  let lexemes = marks.map((mark) => `${lexeme(mark)} `).join("");
  for (const [word, at] of positions) lexemes += `'${shortened(word)}':${at.join(",")} `;
  return lexemes;
}

function shortened(word: string): string {
  return word.length <= LONGEST_WORD ? word : Array.from(word).slice(0, LONGEST_WORD).join("");
}

/** A word as the text of a `tsvector` or `tsquery` has it. */
function lexeme(word: string): string {
  return `'${shortened(word).replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
