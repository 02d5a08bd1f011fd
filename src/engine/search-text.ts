import type { Json } from "../session/json.ts";
import { projectMessage } from "../session/projection/project-message.ts";
import type { Message } from "../session/message.ts";

/** Base64 and the like: so long, without a space, and nothing that anyone looks for. */
const BLOB = 400;
const IN_BLOB = Uint8Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9+/_=-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * What a search looks through in a message: its text, what the model thought, the tools that it calls with the
 * strings in their arguments, and what the tools answered. Not images and files, nor anything that looks like base64,
 * nor notes that an importer keeps beside the conversation, but for titles and summaries.
 */
export function searchableText(message: Message): string {
  const { text, reasoning, toolCalls, toolResults, other } = projectMessage(message);
  const parts = [text, reasoning];
  for (const call of toolCalls) {
    parts.push(call.name);
    collectStrings(call.arguments, parts);
  }
  for (const result of toolResults) parts.push(result.text);
  for (const value of other) collectStrings(value, parts);
  return withoutBlobs(parts.filter((part) => part !== "").join("\n"));
}

function withoutBlobs(text: string): string {
  let result = "";
  let kept = 0;
  // Every run that is long enough covers one of these places: the others need not be looked at.
  for (let at = BLOB - 1; at < text.length; at += BLOB) {
    if (!isInBlob(text, at)) continue;
    let start = at;
    let end = at + 1;
    while (start > kept && isInBlob(text, start - 1)) start--;
    while (isInBlob(text, end)) end++;
    if (end - start < BLOB) continue;
    result += `${text.slice(kept, start)}…`;
    kept = end;
    at = end - 1;
  }
  return kept === 0 ? text : result + text.slice(kept);
}

function isInBlob(text: string, at: number): boolean {
  return IN_BLOB[text.charCodeAt(at)] === 1;
}

/** The strings within a value; the texts in JSON that is itself kept in a string are found as they stand. */
function collectStrings(value: Json, into: string[]): void {
  const pending: Json[] = [value];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (typeof item === "string") into.push(item);
    else if (typeof item === "number") into.push(String(item));
    else if (typeof item === "object" && item !== null) pending.push(...Object.values(item).reverse());
  }
}

/** A word of a text, and where it stands. */
export interface Token {
  /** In lower case and without accents. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Scripts that are written without spaces: Han, kana, Hangul, and what is mixed with them. */
const UNSPACED = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u30fc\u3005`;
const WORD = new RegExp(
  String.raw`[${UNSPACED}]+|[[\p{L}\p{N}\p{Co}]--[${UNSPACED}]][[\p{L}\p{N}\p{Co}\p{M}]--[${UNSPACED}]]*`,
  "gv",
);
/** The first character of all those scripts. */
const FIRST_UNSPACED = 0x1100;
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");
const HAS_UNSPACED = new RegExp(`[${UNSPACED}]`, "u");

/**
 * The words of a text, as all engines understand them: runs of letters and digits, so that `foo_bar.baz` is three; in
 * scripts without spaces every two neighbouring characters, and the last one of a run alone.
 * @param from where to begin; not within a word.
 */
export function* tokensOf(text: string, from = 0): Generator<Token> {
  const words = new RegExp(WORD);
  words.lastIndex = from;
  for (let found = words.exec(text); found !== null; found = words.exec(text)) {
    const [run] = found;
    if (run.charCodeAt(0) < FIRST_UNSPACED || !IS_UNSPACED.test(run)) {
      yield { word: folded(run), start: found.index, end: found.index + run.length };
      continue;
    }
    const characters = Array.from(run);
    let start = found.index;
    for (const [index, character] of characters.entries()) {
      const word = character + (characters[index + 1] ?? "");
      yield { word, start, end: start + word.length };
      start += character.length;
    }
  }
}

/** The same words alone: of plain ASCII, as most text is, in a fraction of the time. */
export function wordsOf(text: string): readonly string[] {
  if (isAscii(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return Array.from(tokensOf(text), ({ word }) => word);
}

const ENDS_IN_WORD = new RegExp(String.raw`(?![${UNSPACED}])[\p{L}\p{N}\p{Co}\p{M}]$`, "u");

/** Whether a word goes up to a place, or over it, so that none begins there. */
export function isBehindWord(text: string, at: number): boolean {
  return ENDS_IN_WORD.test(text.slice(Math.max(at - 2, 0), at));
}

/** Whether a word is a pair, or the last, of characters without spaces. */
export function isUnspaced(word: string): boolean {
  return IS_UNSPACED.test(word);
}

/** A text for an index that knows words by their spaces only: unspaced runs become what `tokensOf` makes of them. */
export function spaced(text: string): string {
  if (!HAS_UNSPACED.test(text)) return text;
  return text.replace(new RegExp(`[${UNSPACED}]+`, "gu"), (run) => {
    return ` ${Array.from(tokensOf(run), ({ word }) => word).join(" ")} `;
  });
}

function folded(word: string): string {
  if (isAscii(word)) return word.toLowerCase();
  return word
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- all of ASCII
  return /^[\x00-\x7f]*$/.test(text);
}
