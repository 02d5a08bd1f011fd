import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ours } from "../contenders/ours.ts";
import { machine } from "./machine.ts";
import { logPlot, type Line } from "./plot.ts";
import type { Measure, Report } from "./report.ts";

const root = resolve(import.meta.dirname, "../..");
const PAGE = join(root, "docs/benchmarks.md");
const BEGIN = "<!-- printed by: npm run bench -->";
const END = "<!-- end -->";

/** A full run's results: as data, as plots, and as a table in the documentation. */
export function publish(report: Report, text: string): void {
  const { measures, goals, skips } = report;
  const results = { machine: machine(), goals, skips, measures };
  writeFileSync(join(root, "bench/results.json"), `${JSON.stringify(results, null, 1)}\n`);
  writePlots(measures, join(root, "docs"));
  const page = readFileSync(PAGE, "utf8");
  const [before = "", rest = ""] = page.split(BEGIN);
  const after = rest.slice(rest.indexOf(END));
  writeFileSync(PAGE, `${before}${BEGIN}\n\n\`\`\`text\n${text}\n\`\`\`\n\n${after}`);
}

function writePlots(measures: readonly Measure[], folder: string): void {
  const saves = measures.filter(({ row }) => row.startsWith("Save of one turn"));
  const lists = measures.filter(({ row }) => row.startsWith("List, "));
  const save = { title: "Save of one turn", x: "messages in the session", y: "ms" };
  const list = { title: "List and most recent", x: "sessions in the store", y: "ms" };
  writeFileSync(join(folder, "bench-save.svg"), logPlot({ ...save, lines: linesOf(saves) }));
  writeFileSync(join(folder, "bench-list.svg"), logPlot({ ...list, lines: linesOf(lists) }));
}

/** One line per contender; where a contender was measured twice at one place, the first counts. */
function linesOf(measures: readonly Measure[]): Line[] {
  const lines = new Map<string, Map<number, number>>();
  for (const { contender, x, value } of measures) {
    if (x === undefined) continue;
    const points = lines.get(contender) ?? new Map<number, number>();
    lines.set(contender, points);
    if (!points.has(x)) points.set(x, value.median);
  }
  return [...lines].map(([name, points]) => ({
    name,
    points: [...points].toSorted(([left], [right]) => left - right),
    isOurs: name.startsWith(ours.name),
  }));
}
