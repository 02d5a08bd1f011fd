import { editIn } from "../../session/calls/edit.ts";
import type { DiffLine } from "../../session/calls/line-diff.ts";
import { planIn } from "../../session/calls/plan.ts";
import { tellingArgument } from "../../session/calls/telling-argument.ts";
import { isAboutFile, resultLook, toolName } from "../../session/calls/tool-kinds.ts";
import { jsonText, type Json } from "../../session/json/json.ts";
import type {
  ProjectedAttachment,
  ProjectedToolCall,
  ProjectedToolResult,
} from "../../session/projection/project-message.ts";
import { markOf } from "../../session/projection/attachment.ts";
import { argumentsOf } from "../../session/projection/tool-arguments.ts";
import { cutStartToWidth, oneLine, textWidth } from "../output/text-width.ts";
import { byteSize, counted } from "../output/units.ts";
import { span, styled, type Span } from "./spans.ts";
import { firstLines, printedText, shownText, unframed } from "./stored-text.ts";
import { cut, wrapped } from "./wrap.ts";

/** How parts of messages are shown. */
export interface PartLook {
  readonly width: number | undefined;
  /** Nothing is folded. */
  readonly whole: boolean;
  readonly workspacePath: string | null;
}

const MOST_DIFF = 16;
const MOST_RESULT = 4;
const MOST_THOUGHT = 4;
/** A line is not looked at beyond that, unless all is wanted. */
const LONGEST = 2000;

/** What a call is, in a few words: for its own line, and for an answer that comes later. @param room columns. */
export function callTitle(call: ProjectedToolCall, look: PartLook, room: number | undefined): Span[] {
  const told = tellingArgument(call.name, argumentsOf(call), look.workspacePath);
  const { shown, left } = firstLines(told.trim().slice(0, look.whole ? undefined : LONGEST), 1);
  const name = oneLine(toolName(call.name));
  const line = oneLine(shown[0] ?? "");
  const more = left > 0 && !look.whole ? " …" : "";
  const isCut = room !== undefined && !look.whole && isAboutFile(call.name);
  const fitting = isCut ? cutStartToWidth(line, Math.max(room - textWidth(name) - 1, 8)) : line;
  return [span(name, "bold"), ...(line === "" ? [] : [span(` ${fitting}${more}`)])];
}

/** A call: one line, and what it edits or plans below it. */
export function callLines(call: ProjectedToolCall, look: PartLook): Span[][] {
  const input = argumentsOf(call);
  const edit = editIn(input);
  const waits = call.awaitsApproval === true ? [span(" (awaits approval)", "yellow")] : [];
  const counts = edit === undefined ? [] : countsOf(edit.added, edit.removed);
  const arrow = span("→ ", "cyan");
  if (!look.whole) {
    const room = look.width === undefined ? undefined : look.width - textOf([...counts, ...waits]).length;
    const title = cut([arrow, ...callTitle(call, look, room === undefined ? undefined : room - 2)], room);
    const below = edit === undefined ? [] : diffLines(edit.lines, look);
    return [[...title, ...counts, ...waits], ...below];
  }
  const title = wrapped([arrow, ...callTitle(call, look, undefined), ...counts, ...waits], look.width);
  const plan = planIn(input);
  if (edit !== undefined) return [...title, ...diffLines(edit.lines, look)];
  if (plan.length > 0)
    return [...title, ...plan.map(({ text, state }) => [span(`    ${BOX[state]} ${oneLine(text)}`)])];
  return [...title, ...furtherArguments(call, input, look)];
}

const BOX = { done: "✓", now: "▸", open: "○" } as const;

function textOf(spans: readonly Span[]): string {
  return spans.map(({ text }) => text).join("");
}

function countsOf(added: number, removed: number): Span[] {
  return [
    ...(added === 0 ? [] : [span(` +${added}`, "green")]),
    ...(removed === 0 ? [] : [span(` −${removed}`, "red")]),
  ];
}

/** All that a call says, where its line does not say it. */
function furtherArguments(call: ProjectedToolCall, input: Json, look: PartLook): Span[][] {
  const told = tellingArgument(call.name, input, look.workspacePath).trim();
  const rest = told.split("\n").slice(1);
  const lines = rest.length > 0 ? shownText(rest.join("\n")).split("\n") : [];
  const isWhole = typeof input === "string" || input === null || Object.keys(input as object).length < 2;
  if (!isWhole) lines.push(shownText(jsonText(input)));
  return indented(
    lines.map((line) => [span(line, "dim")]),
    look.width,
  );
}

function diffLines(all: readonly DiffLine[], look: PartLook): Span[][] {
  const shown = look.whole ? all : all.slice(0, MOST_DIFF);
  const lines = shown.map(({ sign, text }): Span[] => {
    const line = `${sign === "@" ? "" : `${sign} `}${shownText(look.whole ? text : text.slice(0, LONGEST))}`;
    return [span(`    ${line}`, sign === "+" ? "green" : sign === "-" ? "red" : "dim")];
  });
  return [
    ...lines.map((line) => (look.whole ? line : cut(line, look.width))),
    ...leftOf(all.length - shown.length),
  ];
}

/** What a tool answered. @param name the tool's, where it is known. */
export function resultLines(
  { text: stored, isError, attachments = [] }: ProjectedToolResult,
  name: string,
  look: PartLook,
): Span[][] {
  const media = attachments.map((one) => attachmentLine(one));
  const { text, exitCode } = unframed(stored);
  const failed = isError || exitCode !== 0;
  const kind = failed || look.whole ? "lines" : resultLook(name);
  if (kind === "none") return media;
  const trimmed = text.replace(/^\n+/, "").trimEnd();
  if (trimmed === "" && !failed) return media.length > 0 ? media : [[span("    (nothing)", "dim")]];
  const { shown, left } = firstLines(trimmed, look.whole ? Infinity : MOST_RESULT);
  const count = shown.length + left;
  if (kind === "count" && count > 1) return [[span(`    ${counted(count, "line")}`, "dim")], ...media];
  const lines = shown.map((line) => printedText(look.whole ? line : line.slice(0, LONGEST)));
  const sign = failed ? [span(isError ? "✗ " : `✗ exit code ${exitCode}: `, "red")] : [];
  const said = lines.map((line, index) => [...(index === 0 ? sign : []), span(line, "dim")]);
  const fitting = look.whole
    ? indented(said, look.width)
    : said.map((line) => cut([span("    "), ...line], look.width));
  return [...fitting, ...leftOf(left), ...media];
}

/** What a model thought. */
export function thinkingLines(text: string, look: PartLook): Span[][] {
  const { shown, left } = firstLines(text.trim(), look.whole ? Infinity : MOST_THOUGHT);
  const room = look.width === undefined ? undefined : look.width - 2;
  const lines = shown.flatMap((line) =>
    wrapped([span(shownText(look.whole ? line : line.slice(0, LONGEST)), "dim", "italic")], room),
  );
  const marked = lines.map((line, index) => [span(index === 0 ? "✻ " : "  ", "dim"), ...line]);
  return [...marked, ...leftOf(left, "  ")];
}

/** An image or a file: that it is there, not what is in it. */
export function attachmentLine(attachment: ProjectedAttachment): Span[] {
  const { bytes } = attachment;
  return [
    span(`    ${oneLine(markOf(attachment))}${bytes === undefined ? "" : ` ${byteSize(bytes)}`}`, "dim"),
  ];
}

/** Lines four columns further in, wrapped. */
function indented(lines: readonly Span[][], width: number | undefined): Span[][] {
  const room = width === undefined ? undefined : Math.max(width - 4, 8);
  return lines.flatMap((line) => wrapped(line, room).map((one) => [span("    "), ...one]));
}

/** That there is more. */
export function leftOf(count: number, indentation = "    "): Span[][] {
  return count > 0 ? [styled([span(`${indentation}… ${counted(count, "more line")}`)], "dim")] : [];
}
