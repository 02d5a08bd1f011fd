import type { Found, Goal, Measure, Skip } from "./report.ts";
import type { Spread } from "./statistics.ts";

/** Everything that was found, as text in columns. */
export function reportText(found: readonly Found[]): string {
  const measures = found.flatMap((one) => one.measures);
  const goals = found.flatMap((one) => one.goals);
  const skips = found.flatMap((one) => one.skips);
  return [...measureLines(measures), "", ...goalLines(goals), ...skipLines(skips)].join("\n");
}

function measureLines(measures: readonly Measure[]): string[] {
  const header = ["", "× baseline", "p10–p90", "absolute", "p10–p90", "survives"];
  const rows: (string[] | string)[] = [];
  let row = "";
  for (const measure of measures) {
    if (measure.row !== row) rows.push("", title(measure));
    row = measure.row;
    const { ratio, value, unit, survives = "" } = measure;
    rows.push([
      `  ${measure.contender}`,
      ratio === undefined ? "" : short(ratio.median),
      ratio === undefined ? "" : rangeOf(ratio),
      `${short(value.median)} ${unit}`,
      rangeOf(value),
      survives,
    ]);
  }
  return aligned([header, ...rows]);
}

function title({ row, baseline }: Measure): string {
  return baseline === undefined ? row : `${row} (1 = ${baseline})`;
}

function goalLines(goals: readonly Goal[]): string[] {
  return aligned([
    ["Goals (ratios of one run)", "goal", "found", ""],
    ...goals.map(({ name, target, value, met }) => [
      `  ${name}`,
      target,
      short(value),
      met ? "met" : "NOT MET",
    ]),
  ]);
}

function skipLines(skips: readonly Skip[]): string[] {
  return skips.length === 0 ? [] : ["", "Not measured", ...skips.map(({ what, why }) => `  ${what}: ${why}`)];
}

function rangeOf({ p10, p90 }: Spread): string {
  return `${short(p10)}–${short(p90)}`;
}

/** Three digits that count. */
export function short(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

/** Lines of cells in columns, numbers to the right; a plain string is a line of its own. */
function aligned(lines: readonly (string[] | string)[]): string[] {
  const widths: number[] = [];
  for (const line of lines) {
    if (typeof line === "string") continue;
    for (const [column, cell] of line.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return lines.map((line) => {
    if (typeof line === "string") return line;
    const cells = line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 || column === line.length - 1 ? cell.padEnd(width) : cell.padStart(width);
    });
    return cells.join("  ").trimEnd();
  });
}
