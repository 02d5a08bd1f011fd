import { withoutControlSequences } from "../../session/summary/control-sequences.ts";

/** Stored text that commands no terminal and hides nothing from a reader; halves of pairs are U+FFFD. */
export function plain(text: string): string {
  return withoutControlSequences(text)
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .toWellFormed();
}

export function inOneLine(text: string): string {
  return plain(text.replace(/\s+/g, " ")).trim();
}
