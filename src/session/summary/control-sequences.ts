/** Sequences that colour, move the cursor or erase, as programs print them. */
// eslint-disable-next-line no-control-regex
const CONTROL_SEQUENCE = /(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,8}[@-~]/g;

/** A text without what only a terminal is told; other control characters stay. */
export function withoutControlSequences(text: string): string {
  return text.includes("\u001b") || text.includes("\u009b") ? text.replace(CONTROL_SEQUENCE, "") : text;
}
