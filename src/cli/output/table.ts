import { cutToWidth, textWidth } from "./text-width.ts";

export interface Column {
  readonly header: string;
  readonly align?: "left" | "right";
  /** Gives way when the table is wider than the terminal, down to so many columns. */
  readonly shrinksTo?: number;
  /** Left out where the table cannot be made narrow enough otherwise: the one with the lowest number first. */
  readonly goes?: number;
}

const GAP = "  ";

/**
 * Lines of a table, its header first. `width` is the terminal's, or `undefined` when the output goes elsewhere: then
 * nothing is cut, and no column is left out.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string[] {
  const lines = [columns.map((column) => column.header), ...rows];
  const widths = columns.map((_, index) =>
    lines.reduce((most, cells) => Math.max(most, textWidth(cells[index] ?? "")), 0),
  );
  const shown = width === undefined ? columns : fitting(columns, widths, width);
  if (width !== undefined) shrink(columns, widths, width, shown);
  return lines.map((cells) => {
    const padded = columns.flatMap((column, index) => {
      if (!shown.includes(column)) return [];
      const room = widths[index] ?? 0;
      const text = cutToWidth(cells[index] ?? "", room);
      const padding = " ".repeat(room - textWidth(text));
      return column.align === "right" ? padding + text : text + padding;
    });
    return padded.join(GAP).trimEnd();
  });
}

/** The columns that have room beside each other, each as narrow as it may get. */
function fitting(columns: readonly Column[], widths: readonly number[], width: number): readonly Column[] {
  const least = (column: Column): number => {
    const own = widths[columns.indexOf(column)] ?? 0;
    return Math.min(own, column.shrinksTo ?? own);
  };
  let shown = columns;
  for (;;) {
    const needed = shown.reduce((sum, column) => sum + least(column), GAP.length * (shown.length - 1));
    const [first] = shown
      .filter(({ goes }) => goes !== undefined)
      .sort((left, right) => (left.goes ?? 0) - (right.goes ?? 0));
    if (needed <= width || first === undefined) return shown;
    shown = shown.filter((column) => column !== first);
  }
}

/** Takes from the widest of the shown columns that give way, until all fit. */
function shrink(columns: readonly Column[], widths: number[], width: number, shown: readonly Column[]): void {
  const total = columns.reduce(
    (sum, column, index) => sum + (shown.includes(column) ? (widths[index] ?? 0) : 0),
    GAP.length * (shown.length - 1),
  );
  let excess = total - width;
  while (excess > 0) {
    let widest = -1;
    for (const [index, { shrinksTo }] of columns.entries()) {
      const own = widths[index] ?? 0;
      if (!shown.includes(columns[index] as Column)) continue;
      if (shrinksTo !== undefined && own > shrinksTo && own > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
}
