import { cutText } from "../../session/json/outgoing-text.ts";
import { grouped } from "../output/units.ts";
import { leftOf } from "./parts.ts";
import { span, type Span } from "./spans.ts";
import { firstLines } from "./stored-text.ts";

/** More characters than this are not shown of a text that is folded: there are lines of megabytes. */
const MOST_CHARACTERS = 40_000;

/** A text as far as it is shown, and what is said of the rest. @param most lines; `Infinity`: all of it. */
export function folded(text: string, most: number): { readonly text: string; readonly more: Span[][] } {
  const trimmed = text.replace(/^(?:[ \t]*\n)+/, "").trimEnd();
  if (most === Infinity) return { text: trimmed, more: [] };
  const { shown, left } = firstLines(trimmed, most);
  const lines = shown.join("\n");
  if (lines.length <= MOST_CHARACTERS) return { text: lines, more: leftOf(left, "") };
  const more = [[span(`… ${grouped(trimmed.length - MOST_CHARACTERS)} more characters`, "dim")]];
  return { text: cutText(lines, MOST_CHARACTERS), more };
}

/** Agents put reminders for the model behind what a tool answered. */
export function withoutReminders(text: string): string {
  let rest = text;
  for (;;) {
    const start = rest.lastIndexOf("<system-reminder>");
    if (start < 0 || !rest.trimEnd().endsWith("</system-reminder>")) return rest;
    rest = rest.slice(0, start).trimEnd();
  }
}
