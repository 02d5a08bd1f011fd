import type { SessionHead } from "../../session/head.ts";
import { isJsonObject, type Json } from "../../session/json/json.ts";
import { displayTitle, type SessionSummary } from "../../session/summary/summary.ts";
import { timeMs } from "../../session/time.ts";
import { oneLine, textWidth } from "../output/text-width.ts";
import { byteSize, counted, fullTime, grouped } from "../output/units.ts";
import { localTime, zoneName } from "./local-time.ts";
import { span, type Span } from "./spans.ts";
import { agentName } from "./speaker.ts";
import { wrapped } from "./wrap.ts";

const LABEL = 14;

/** What a session is, as lines: its title, who made it, where and when, how much was said and spent. */
export function headLines(
  summary: SessionSummary,
  head: SessionHead,
  { now, width }: { readonly now: Date; readonly width: number | undefined },
): Span[][] {
  const { messageCount, bytes, revision, held } = summary;
  const { turnCount, toolCallCount } = head;
  const said = [
    ...(turnCount === 0 ? [] : [counted(turnCount, "prompt")]),
    ...(toolCallCount === 0 ? [] : [counted(toolCallCount, "call")]),
    counted(messageCount, "message"),
  ];
  const agent = [agentName(summary.source), ...(summary.model === null ? [] : [summary.model])];
  const branch = head.gitState?.branch;
  const rows: readonly [string, string | null | undefined][] = [
    ["session", summary.id],
    ["agent", agent.join(", ")],
    [
      "workspace",
      summary.workspacePath === null || branch === null || branch === undefined
        ? summary.workspacePath
        : `${summary.workspacePath} (${branch})`,
    ],
    ["time", times(summary, now)],
    ["said", said.join(", ")],
    ["tokens", tokens(head.extra["usage"])],
    ["text", estimated(summary)],
    ["size", `${byteSize(bytes)}, revision ${revision}`],
    ["sub-agent of", summary.parentId],
    ["forked from", forkedFrom(summary)],
    ["held", held === null ? null : `by ${held.by} since ${fullTime(held.since, now)}`],
    ["tags", summary.tags.length === 0 ? null : summary.tags.join(", ")],
  ];
  const lines = wrapped([span(oneLine(displayTitle(summary)), "bold")], width);
  const room = width === undefined ? undefined : Math.max(width - LABEL - 2, 16);
  for (const [label, value] of rows) {
    if (value === null || value === undefined) continue;
    const text = span(oneLine(value));
    // An id or a path that has no room beside its label stands below it.
    if (room !== undefined && textWidth(text.text) > room && !text.text.includes(" "))
      lines.push([span(`  ${label}`, "dim")], [span("  "), text]);
    else
      for (const [index, line] of wrapped([text], room).entries())
        lines.push([span(`  ${(index === 0 ? label : "").padEnd(LABEL)}`, "dim"), ...line]);
  }
  return lines;
}

/** When it was, in the one zone in which all times are told. */
function times({ createdAt, updatedAt }: SessionSummary, now: Date): string {
  const [begin, end] = [localTime(createdAt), localTime(updatedAt)];
  if (begin === undefined || end === undefined) return `${createdAt} – ${updatedAt}`;
  const until = begin.day === end.day ? end.clock : `${end.day} ${end.clock}`;
  const range = begin.day === end.day && begin.clock === end.clock ? "" : ` – ${until}`;
  const took = durationOf(timeMs(updatedAt) - timeMs(createdAt));
  return `${begin.day} ${begin.clock}${range}${took === "" ? "" : ` (${took})`}, ${zoneName(now)}`;
}

/** `2 h 5 min`, `3 d 4 h`; empty for less than a minute. */
function durationOf(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (!(minutes > 0)) return "";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
  return `${Math.floor(hours / 24)} d${hours % 24 === 0 ? "" : ` ${hours % 24} h`}`;
}

/** What the agent recorded of tokens: `[hour, model, input, output, cache read, cache write, reasoning]` a row. */
function tokens(usage: Json | undefined): string | undefined {
  if (!isJsonObject(usage) || !Array.isArray(usage["tokens"])) return undefined;
  const sums = [0, 0, 0, 0];
  for (const row of usage["tokens"] as readonly Json[])
    if (Array.isArray(row))
      for (const index of sums.keys()) {
        const value: unknown = row[index + 2];
        if (typeof value === "number") sums[index] = (sums[index] ?? 0) + value;
      }
  const [input = 0, output = 0, read = 0, write = 0] = sums;
  const parts = [
    `${grouped(input)} in`,
    `${grouped(output)} out`,
    ...(read === 0 ? [] : [`${grouped(read)} from cache`]),
    ...(write === 0 ? [] : [`${grouped(write)} into cache`]),
  ];
  return parts.join(", ");
}

/** What the conversation's text would be to a model: a count of the store's own, whatever the agent recorded. */
function estimated({ tokenCount, takenOverTokens }: SessionSummary): string {
  const whole = `about ${grouped(tokenCount)} tokens`;
  return takenOverTokens === 0 ? whole : `${whole}, ${grouped(tokenCount - takenOverTokens)} of them its own`;
}

/** The session that it is a fork of, and how much of it was said there. */
function forkedFrom({ custom, takenOver }: SessionSummary): string | undefined {
  const from = custom["forked_from"];
  return from === undefined || takenOver === 0 ? from : `${from}, with ${counted(takenOver, "message")}`;
}
