/** A word of a text, and where it stands. */
export interface Token {
  /** In lower case and without accents. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Scripts that are written without spaces: Han, kana, Hangul, and what is mixed with them; Thai and its kin. */
const UNSPACED = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u30fc\u3005[[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]&&[\p{L}\p{N}\p{M}]]`;
const WORD = new RegExp(
  String.raw`[${UNSPACED}]+|[[\p{L}\p{N}\p{Co}]--[${UNSPACED}]][[\p{L}\p{N}\p{Co}\p{M}]--[${UNSPACED}]]*`,
  "gv",
);
/** The first character of all those scripts. */
const FIRST_UNSPACED = 0x0e00;
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "v");
/** A character with the marks that stand on it. */
const CLUSTER = /\P{M}\p{M}*/gu;

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
    let before: Cluster | undefined;
    // One at a time: of a million characters no list is made.
    for (const { index, 0: text } of run.matchAll(CLUSTER)) {
      const bare = text.length > 1 ? text.replace(/\p{M}+/gu, "") : text;
      const cluster = { text, bare, at: found.index + index };
      if (before !== undefined) yield pairOf(before, cluster);
      before = cluster;
    }
    if (before !== undefined) yield pairOf(before, { text: "", bare: "", at: 0 });
  }
}

/** A character with the marks that stand on it, and without. */
interface Cluster {
  readonly text: string;
  readonly bare: string;
  readonly at: number;
}

function pairOf({ text, bare, at }: Cluster, next: Cluster): Token {
  return { word: bare + next.bare, start: at, end: at + text.length + next.text.length };
}

/** The same words alone: of plain ASCII, as most text is, in a fraction of the time. */
export function wordsOf(text: string): readonly string[] {
  if (isAscii(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return Array.from(tokensOf(text), ({ word }) => word);
}

/** A part of an identifier begins here: `get|User|Profile`, `HTTP|Server`. */
const PART = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu;
/** Of what an identifier may be made. More is none that a person wrote. */
const LONGEST_IDENTIFIER = 100;

/** Where the parts of an identifier begin, but for the first. */
export function partsOf(word: string): number[] {
  if (word.length > LONGEST_IDENTIFIER || !/\p{Lu}/u.test(word)) return [];
  return Array.from(word.matchAll(PART), ({ index }) => index);
}

/**
 * Each character is looked at once: an expression that asked for an identifier's form at once would begin anew at every
 * letter of a run, and one tool may answer with a megabyte of digits.
 */
const RUN = /[\p{L}\p{N}]+/gu;

/**
 * What a search for a part of an identifier goes by: of `getUserProfile` it is `userprofile` and `profile`, each once
 * for a text.
 */
export function tailsOf(text: string): ReadonlySet<string> {
  const tails = new Set<string>();
  for (const [word] of text.matchAll(RUN))
    for (const part of partsOf(word)) tails.add(folded(word.slice(part)));
  return tails;
}

const ENDS_IN_WORD = new RegExp(String.raw`(?![${UNSPACED}])[\p{L}\p{N}\p{Co}\p{M}]$`, "v");

/** Whether a word goes up to a place, or over it, so that none begins there. */
export function isBehindWord(text: string, at: number): boolean {
  return ENDS_IN_WORD.test(text.slice(Math.max(at - 2, 0), at));
}

/** Whether a word is a pair, or the last, of characters without spaces. */
export function isUnspaced(word: string): boolean {
  return IS_UNSPACED.test(word);
}

// eslint-disable-next-line no-control-regex -- all of ASCII
const BEYOND_ASCII = /(?=[^\x00-\x7f])[\p{L}\p{N}\p{M}\p{Co}]/u;

/**
 * A text for an index with rules of its own for words: those that are not plain ASCII become what `tokensOf` makes of
 * them, so that it has nothing to decide.
 */
export function spaced(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text;
  return text.replace(WORD, (run) => {
    if (isAscii(run)) return run;
    if (!isUnspaced(run)) return folded(run);
    return ` ${Array.from(tokensOf(run), ({ word }) => word).join(" ")} `;
  });
}

/** A word as it is compared: without case and accents. */
export function folded(word: string): string {
  if (isAscii(word)) return word.toLowerCase();
  return word
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll("ς", "σ");
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- all of ASCII
  return /^[\x00-\x7f]*$/.test(text);
}
