import { readFileSync, writeFileSync } from "node:fs";
import type { SuiteResult } from "../system/suite-result.ts";

const DOCUMENT = new URL("../../../docs/durability.md", import.meta.url);
const BEGIN = "<!-- controls: begin (npm run test:crash -- --docs) -->";
const END = "<!-- controls: end -->";

/** What was left out, which suite noticed, and how often. */
export function controlTable(results: readonly SuiteResult[]): string {
  const rows = results
    .filter(({ caught, skipped }) => caught !== undefined && skipped === undefined)
    .map(({ suite, caught, tried }) => {
      const [, who = suite, step = ""] = /^(.*?),? (?:left out:|without) (.*)$/.exec(suite) ?? [];
      return `| ${step} | ${who} | ${caught} of ${tried} |`;
    });
  return ["| step left out | who catches it | how often |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Puts the table between its markers in docs/durability.md. */
export function writeControlTable(table: string): void {
  const text = readFileSync(DOCUMENT, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error("docs/durability.md has lost its markers");
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`);
}
