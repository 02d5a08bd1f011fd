/** Sequences that colour, move the cursor or erase, as programs print them. */
// eslint-disable-next-line no-control-regex
const CONTROL_SEQUENCE = /(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,8}[@-~]/g;

/** Stored text that commands no terminal and hides nothing from a reader; halves of pairs are U+FFFD. */
export function plain(text: string): string {
  return text
    .replace(CONTROL_SEQUENCE, "")
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .toWellFormed();
}

export function inOneLine(text: string): string {
  return plain(text.replace(/\s+/g, " ")).trim();
}
