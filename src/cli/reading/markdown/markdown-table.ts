import type { Token } from "./markdown-parser.ts";
import { span, styled, widthOf, type Span } from "../spans.ts";
import { wrapped } from "../wrap.ts";

const GAP = "  ";
/** A column is not made narrower. */
const NARROWEST = 8;
/** Above it, the widths of a column's cells are no longer compared. */
const WIDEST = 400;

/** A table that fits the width: its cells are wrapped; where even that has no room, a line for each cell. */
export function tableOf(
  tokens: readonly Token[],
  width: number | undefined,
  inline: (token: Token) => Span[],
): Span[][] {
  const rows: Span[][][] = [];
  for (const token of tokens) {
    if (token.type === "tr_open") rows.push([]);
    else if (token.type === "inline") rows.at(-1)?.push(inline(token));
  }
  const [header = [], ...body] = rows;
  const widths = header.map((_, column) =>
    Math.max(1, ...rows.slice(0, WIDEST).map((cells) => widthOf(cells[column] ?? []))),
  );
  if (width !== undefined && !shrunk(widths, width)) return records(header, body, width);
  const bold = header.map((cell) => styled(cell, "bold"));
  const rule = widths.map((one) => [span("─".repeat(Math.min(one, WIDEST)), "dim")]);
  return [bold, rule, ...body].flatMap((cells) => rowLines(cells, widths, width !== undefined));
}

/** Makes the widest columns narrower until all fit. @returns false when they cannot. */
function shrunk(widths: number[], width: number): boolean {
  const room = width - GAP.length * (widths.length - 1);
  const least = widths.reduce((sum, one) => sum + Math.min(one, NARROWEST), 0);
  if (least > room) return false;
  // The widest width at which all fit.
  let [low, high] = [NARROWEST, Math.max(...widths)];
  const sumAt = (most: number): number => widths.reduce((sum, one) => sum + Math.min(one, most), 0);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sumAt(middle) <= room) low = middle;
    else high = middle - 1;
  }
  for (const [column, one] of widths.entries()) widths[column] = Math.min(one, low);
  return true;
}

function rowLines(cells: readonly Span[][], widths: readonly number[], wraps: boolean): Span[][] {
  const columns = widths.map((width, column) => wrapped(cells[column] ?? [], wraps ? width : undefined));
  const height = Math.max(...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, row) =>
    columns.flatMap((lines, column) => {
      const line = lines[row] ?? [];
      if (column === widths.length - 1) return line;
      const padding = Math.max((widths[column] ?? 0) - widthOf(line), 0);
      return [...line, span(" ".repeat(padding) + GAP)];
    }),
  );
}

function records(header: readonly Span[][], body: readonly Span[][][], width: number): Span[][] {
  return body.flatMap((cells, index) => [
    ...(index === 0 ? [] : [[]]),
    ...cells.flatMap((cell, column) =>
      wrapped([...styled(header[column] ?? [], "bold"), span(": "), ...cell], width),
    ),
  ]);
}
