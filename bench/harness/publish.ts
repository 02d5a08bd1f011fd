import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ours } from "../contenders/ours.ts";
import { machine } from "./machine.ts";
import { logPlot, type Line } from "./plot.ts";
import { ROW_GROUPS } from "../rows/index.ts";
import type { Found, Measure } from "./report.ts";
import { reportText } from "./table.ts";

const root = resolve(import.meta.dirname, "../..");
const RESULTS = join(root, "bench/results.json");
const PAGE = join(root, "docs/benchmarks.md");
const BEGIN = "<!-- printed by: npm run bench -->";
const END = "<!-- end -->";

interface Results {
  readonly groups: Readonly<Record<string, FoundOn>>;
}

/** What a group's run found, and on what. */
type FoundOn = Found & { readonly machine: ReturnType<typeof machine> };

/**
 * The results of a run as data, as plots, and as a table in the documentation. Groups that did not run keep what an
 * earlier run found: a row's contenders are always of one run, rows of two groups may be of two machines.
 */
export function publish(reports: ReadonlyMap<string, Found>): void {
  const groups: Record<string, FoundOn> = {};
  const earlier = published()?.groups;
  for (const { name } of ROW_GROUPS) {
    const report = reports.get(name);
    const found =
      report === undefined
        ? earlier?.[name]
        : { machine: machine(), measures: report.measures, goals: report.goals, skips: report.skips };
    if (found !== undefined) {
      const { measures, goals, skips } = found;
      groups[name] = { machine: found.machine, measures, goals, skips };
    }
  }
  const found = Object.values(groups);
  writePlots(
    found.flatMap(({ measures }) => measures),
    join(root, "docs"),
  );
  const results: Results = { groups };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  const page = readFileSync(PAGE, "utf8");
  const [before = "", rest = ""] = page.split(BEGIN);
  const after = rest.slice(rest.indexOf(END));
  writeFileSync(PAGE, `${before}${BEGIN}\n\n\`\`\`text\n${reportText(found)}\n\`\`\`\n\n${after}`);
}

function published(): Results | undefined {
  if (!existsSync(RESULTS)) return undefined;
  return JSON.parse(readFileSync(RESULTS, "utf8")) as Results;
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
