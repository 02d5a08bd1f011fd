import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Replayed } from "./replay.ts";

/** Says what happened, in a few lines. */
export function summaryLines(
  replayed: readonly Replayed[],
  storeDirectory: string,
  seconds: number,
): string[] {
  const lives = replayed.flatMap((one) => one.lives);
  const messages = sum(replayed.map((one) => one.replay.messageCount));
  const losses = replayed.flatMap((one) => one.losses);
  const counted = lives.map((life) => life.bytesWritten);
  const known = counted.every((bytes, index) => bytes !== undefined || lives[index]?.saveTimes.length === 0);
  const written = known ? sum(counted.map((bytes) => bytes ?? 0)) : sizeOf(storeDirectory);
  const contents = sum(replayed.map((one) => statSync(one.replay.path).size));
  const rows: readonly [string, string][] = [
    ["transcripts", String(replayed.length)],
    ["messages", `${number(messages)}, each acknowledged when it was on disk`],
    ["kills", `${lives.filter((life) => life.killed).length} with SIGKILL, ${lives.length} writer processes`],
    ["lost", String(losses.length)],
    ["torn tails", `${sum(lives.map((life) => life.tornTails))} set aside (never acknowledged)`],
    [
      "written",
      `${number(written / messages)} bytes per message${known ? "" : " (size of the store's files)"}; ` +
        `the transcripts have ${number(contents / messages)}`,
    ],
    ["durable save", `median ${milliseconds(lives.flatMap((life) => life.saveTimes))}`],
    [
      "bare write",
      `median ${milliseconds(lives.flatMap((life) => life.bareTimes))} for write + fdatasync of the same bytes`,
    ],
    ["time", `${seconds.toFixed(1)} s`],
  ];
  return [
    ...rows.map(([label, value]) => `  ${label.padEnd(12)}  ${value}`),
    ...losses.map((loss) => `  LOST: ${loss}`),
  ];
}

function milliseconds(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return median === undefined ? "unknown" : `${median.toFixed(2)} ms`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sizeOf(directory: string): number {
  return sum(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).size),
  );
}
