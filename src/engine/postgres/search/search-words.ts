import { jsonText } from "../../../session/json.ts";
import type { Message } from "../../../session/message.ts";
import type { Phrase } from "../../search-query.ts";
import { searchableText, wordsOf } from "../../search-text.ts";

/**
 * Words as `tsvector` and `tsquery`. The database's own parser depends on its locale and takes a Chinese sentence for
 * one word, so the words are made here, by the rules of all engines (`search-text.ts`), and handed over as they are.
 */

/** Text of a message beyond this is not indexed. */
const LONGEST_TEXT = 100_000;
/** Characters of a word that count. */
const LONGEST_WORD = 100;
/** Positions in a `tsvector` end here. */
const LAST_POSITION = 16_383;
/** And so many of one word. */
const MOST_POSITIONS = 200;

/** A message's words and role, as text for a `tsvector`. */
export function messageVector(message: Message): string {
  return vector(searchableText(message), roleWord(message.role));
}

/** A title's words, as text for a `tsvector`. */
export function titleVector(title: string): string {
  return vector(title);
}

/** The phrases as text for a `tsquery`; all must occur, in a message of the role. */
export function queryOf(phrases: readonly Phrase[], role?: string): string {
  const clauses = phrases.map(({ words, prefix }) => {
    const lexemes = words.map((word, index) =>
      prefix && index === words.length - 1 ? `${lexeme(word)}:*` : lexeme(word),
    );
    return `(${lexemes.join(" <-> ")})`;
  });
  if (role !== undefined) clauses.push(lexeme(roleWord(role)));
  return clauses.join(" & ");
}

/** A word that no text has: it stands for a role. */
function roleWord(role: string): string {
  return `=${jsonText(role)}`;
}

function vector(text: string, mark?: string): string {
  const positions = new Map<string, number[]>();
  let position = 0;
  for (const word of wordsOf(text.slice(0, LONGEST_TEXT))) {
    position = Math.min(position + 1, LAST_POSITION);
    const known = positions.get(word);
    if (known === undefined) positions.set(word, [position]);
    else if (known.length < MOST_POSITIONS) known.push(position);
  }
  // Letters and digits need no escaping. Long words with one beginning become one word to the database.
  let lexemes = mark === undefined ? "" : `${lexeme(mark)} `;
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
