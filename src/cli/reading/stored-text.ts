import { withoutControlSequences } from "../../session/summary/control-sequences.ts";
import { printable } from "../output/text-width.ts";

/** Stored text that commands nothing: colours and movements of the cursor are removed, the rest is visible signs. */
export function safeText(text: string): string {
  return printable(withoutControlSequences(text));
}

/** The same for a terminal: tabs are spaces. */
export function shownText(text: string): string {
  const safe = safeText(text);
  return safe.includes("\t") ? safe.replaceAll("\t", "    ") : safe;
}

/** What a program printed, as a terminal would show it in the end: a line that was drawn over has its last state. */
export function printedText(text: string): string {
  return shownText(lastStates(text));
}

/** Each line as it was drawn last. */
export function lastStates(text: string): string {
  return text.includes("\r") ? text.split("\n").map(lastState).join("\n") : text;
}

function lastState(line: string): string {
  let end = line.length;
  while (line[end - 1] === "\r") end--;
  return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
}

/** The first `most` lines of a text, and how many there are behind them; the rest is not looked at but for counting. */
export function firstLines(text: string, most: number): { readonly shown: string[]; readonly left: number } {
  let at = 0;
  for (let line = 0; line < most; line++) {
    const end = text.indexOf("\n", at);
    if (end < 0) return { shown: text.split("\n"), left: 0 };
    at = end + 1;
  }
  let left = 1;
  for (let next = text.indexOf("\n", at); next >= 0; next = text.indexOf("\n", next + 1)) left++;
  return { shown: text.slice(0, at - 1).split("\n"), left };
}

/** How long an answer may be to be looked into for what a program printed. */
const LONGEST_FRAMED = 8 << 20;
/** What Codex says of a command before its output. */
const CODEX_FRAME =
  /^(?:Chunk ID: [^\n]{0,100}\n)?(?:Exit code: (\d+)\n)?Wall time: [^\n]{0,100}\n(?:Process exited with code (\d+)\n)?(?:(?:Original token count|Total output lines): \d+\n){0,2}Output:\n/;

/** What a program printed, out of the frame in which some agents keep it, and how it ended, where that was badly. */
export function unframed(text: string): { readonly text: string; readonly exitCode: number } {
  const frame = CODEX_FRAME.exec(text);
  if (frame !== null)
    return { text: text.slice(frame[0].length), exitCode: Number(frame[1] ?? frame[2] ?? 0) };
  if (!text.startsWith('{"output":"') || text.length > LONGEST_FRAMED) return { text, exitCode: 0 };
  try {
    const { output, metadata } = JSON.parse(text) as { output?: unknown; metadata?: { exit_code?: unknown } };
    const exitCode = metadata?.exit_code;
    if (typeof output !== "string") return { text, exitCode: 0 };
    return { text: output, exitCode: typeof exitCode === "number" ? exitCode : 0 };
  } catch {
    return { text, exitCode: 0 };
  }
}
