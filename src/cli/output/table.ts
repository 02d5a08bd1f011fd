import { cutToWidth, textWidth } from "./text-width.ts";

export interface Column {
  readonly header: string;
  readonly align?: "left" | "right";
  /** Gives way when the table is wider than the terminal, down to so many columns. */
  readonly shrinksTo?: number;
}

const GAP = "  ";

/**
 * Lines of a table, its header first. `width` is the terminal's, or `undefined` when the output goes elsewhere: then
 * nothing is cut.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string[] {
  const lines = [columns.map((column) => column.header), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => textWidth(cells[index] ?? ""))));
  if (width !== undefined) shrink(columns, widths, width);
  return lines.map((cells) => {
    const padded = columns.map((column, index) => {
      const room = widths[index] ?? 0;
      const text = cutToWidth(cells[index] ?? "", room);
      const padding = " ".repeat(room - textWidth(text));
      return column.align === "right" ? padding + text : text + padding;
    });
    return padded.join(GAP).trimEnd();
  });
}

/** Takes from the widest of the columns that give way, until all fit. */
function shrink(columns: readonly Column[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1)) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [index, { shrinksTo }] of columns.entries()) {
      const own = widths[index] ?? 0;
      if (shrinksTo !== undefined && own > shrinksTo && own > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
}
