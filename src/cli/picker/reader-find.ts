import { parseQuery } from "../../faces/query.ts";
import { at, linesOf, pageOf, type ReaderState } from "./reader-state.ts";
import type { Size } from "./state.ts";

/** So many lines in front of a find are shown above it, where they are the same message's. */
const ABOVE = 3;

/** The words of a query, in lower case, as they are looked for in a conversation; what is quoted is one. */
export function wordsOf(query: string, now: Date): readonly string[] {
  return Array.from(parseQuery(query, now).text.matchAll(/"([^"]+)"?|[^\s"]+/g), ([whole, quoted]) =>
    (quoted ?? whole).replaceAll("*", "").trim().toLowerCase(),
  ).filter((word) => word !== "" && word !== "or");
}

/**
 * The place of a find within its message: the line that has the first of its words near the top. Where it is folded
 * away, the answers of tools are shown in full.
 */
export function atFind(reader: ReaderState, size: Size, position: number): ReaderState {
  const found = { ...reader, found: position };
  const opened: ReaderState = { ...found, tools: "full", thinking: true };
  for (const one of [found, opened]) {
    const place = at(one, size, position);
    const lines = linesOf(one, size.columns);
    for (let index = place.top; lines[index]?.position === position; index++)
      if (isIn(lines[index]?.text ?? "", one.sought)) {
        const top = Math.max(place.top, index - ABOVE);
        return { ...place, top };
      }
  }
  return at(found, size, position);
}

/** From where it is looked on: the last find while it is on the screen, else what is on top. */
export function findFrom(reader: ReaderState, size: Size): number {
  const lines = linesOf(reader, size.columns);
  const { top, found } = reader;
  const isSeen =
    found !== undefined && lines.slice(top, top + pageOf(size)).some(({ position }) => position === found);
  return isSeen ? found : (lines[top]?.position ?? 0);
}

function isIn(text: string, words: readonly string[]): boolean {
  const plain = text.replace(SGR, "").toLowerCase();
  return words.some((word) => plain.includes(word));
}

// eslint-disable-next-line no-control-regex -- the colours of a line
const SGR = /\u001b\[[0-9;]*m/g;
const [MARK, UNMARK] = ["\u001b[7m", "\u001b[27m"];

/**
 * A drawn line with the words in it marked: inverse, whatever colours it has; without colours a `>` stands in front of
 * a line that has room for it.
 */
export function withWords(text: string, words: readonly string[], isColoured: boolean): string {
  if (words.length === 0 || !isIn(text, words)) return text;
  if (!isColoured) return text.startsWith(" ") ? `>${text.slice(1)}` : text;
  const plain = text.replace(SGR, "");
  const lower = plain.toLowerCase();
  // Some letters are longer in lower case: then it is not known where they stand.
  if (lower.length !== plain.length) return text;
  const isMarked = new Array<boolean>(plain.length).fill(false);
  for (const word of words)
    for (let index = lower.indexOf(word); index >= 0; index = lower.indexOf(word, index + word.length))
      isMarked.fill(true, index, index + word.length);
  return drawn(text, isMarked);
}

/** The line with its own sequences where they were, and those that mark around what is marked. */
function drawn(text: string, isMarked: readonly boolean[]): string {
  let result = "";
  let at = 0;
  let isOn = false;
  const put = (part: string): void => {
    for (const unit of part.split("")) {
      const isNow = isMarked[at++] === true;
      if (isNow !== isOn) result += isNow ? MARK : UNMARK;
      isOn = isNow;
      result += unit;
    }
  };
  let last = 0;
  for (const { 0: sequence, index } of text.matchAll(SGR)) {
    put(text.slice(last, index));
    // A sequence may end all that was set before it.
    result += sequence + (isOn ? MARK : "");
    last = index + sequence.length;
  }
  put(text.slice(last));
  return isOn ? result + UNMARK : result;
}
