import { charactersOf } from "../../session/json/outgoing-text.ts";

/** Characters that a terminal draws two columns wide: East Asian wide and full-width ones, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Marks that are drawn onto the character before, and characters that are not drawn at all. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
const PLAIN = /^[\x20-\x7e]*$/;

/** How many columns a terminal takes to draw a line of text without control characters. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text, cut to at most `width` columns; an ellipsis shows that something is missing. */
export function cutToWidth(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const character of charactersOf(text)) {
    used += textWidth(character);
    if (used > width) break;
    kept += character;
  }
  return width < 1 ? "" : `${kept.trimEnd()}…`;
}

/** The text in lines of at most `width` columns, broken at spaces, and within a word that is longer than a line. */
export function linesWithin(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && textWidth(line) + 1 + textWidth(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    if (textWidth(word) <= width) continue;
    line = "";
    for (const character of charactersOf(word)) {
      if (line !== "" && textWidth(line + character) > width) {
        lines.push(line);
        line = "";
      }
      line += character;
    }
  }
  return [...lines, line];
}

/** The end of the text, for paths. */
export function cutStartToWidth(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return "";
  let kept = "";
  let used = 1;
  for (const character of charactersOf(text).reverse()) {
    used += textWidth(character);
    if (used > width) break;
    kept = character + kept;
  }
  return `…${kept.trimStart()}`;
}

function characterWidth(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Colours and other looks, as programs print them. */
// eslint-disable-next-line no-control-regex
const LOOKS = /(?:\u001b\[|\u009b)[\d;:]{0,64}m/g;

/**
 * Stored text made safe for a terminal: colours are removed, and what would move the cursor or set the window's title is
 * shown as a visible sign instead. Newlines and tabs stay.
 */
export function printable(text: string): string {
  return text
    .replace(LOOKS, "")
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]/gu, (control) => {
      const code = control.charCodeAt(0);
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
    })
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** Stored text as one line. */
export function oneLine(text: string): string {
  if (PLAIN.test(text) && !text.includes("  ")) return text.trim();
  return printable(text.replace(/\s+/g, " ").trim());
}
