import { isFailure, type SuiteResult } from "./suite-result.ts";

/** The most that is shown of what went wrong in one suite. */
const MOST_DETAILS = 10;

/** The results as a table, and below it what went wrong and what was skipped. */
export function tableOf(results: readonly SuiteResult[]): string {
  const header = ["suite", "tried", "lost", "torn", "hidden", "other", "verdict"];
  const rows = results.map((result) => [
    result.suite,
    ...[result.tried, result.lost, result.torn, result.hidden, result.other].map(String),
    verdictOf(result),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  for (const result of results) {
    if (result.skipped !== undefined) lines.push(`SKIPPED: ${result.suite}: ${result.skipped}`);
    if (!isFailure(result) || result.caught !== undefined) continue;
    lines.push(...result.details.slice(0, MOST_DETAILS).map((detail) => `${result.suite}: ${detail}`));
  }
  return lines.join("\n");
}

function verdictOf(result: SuiteResult): string {
  if (result.skipped !== undefined) return "skipped";
  if (result.caught !== undefined) return result.caught > 0 ? `caught, ${result.caught} times` : "NOT CAUGHT";
  return isFailure(result) ? "FAILED" : "passed";
}
