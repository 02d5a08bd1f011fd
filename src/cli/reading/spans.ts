import { textWidth } from "../output/text-width.ts";

const CLOSE = "\u001b[0m";

/** How a piece of text looks, as SGR parameters. */
const STYLES = {
  bold: "1",
  dim: "2",
  italic: "3",
  underline: "4",
  struck: "9",
  red: "31",
  green: "32",
  yellow: "33",
  blue: "34",
  magenta: "35",
  cyan: "36",
} as const;

export type Style = keyof typeof STYLES;

/** A piece of a line; its text is safe for a terminal and has no line breaks. */
export interface Span {
  readonly text: string;
  readonly styles: readonly Style[];
}

export function span(text: string, ...styles: readonly Style[]): Span {
  return { text, styles };
}

/** The spans as one text. What stands behind them is not touched by their styles. */
export function paint(spans: readonly Span[], colour: boolean): string {
  let painted = "";
  let open = "";
  for (const { text, styles } of spans) {
    if (text === "") continue;
    const codes = colour ? styles.map((style) => STYLES[style]).join(";") : "";
    // Neighbours that look the same are one piece.
    if (codes !== open) painted += (open === "" ? "" : CLOSE) + (codes === "" ? "" : `\u001b[${codes}m`);
    painted += text;
    open = codes;
  }
  return open === "" ? painted : painted + CLOSE;
}

/** The same spans, each with a further style. */
export function styled(spans: readonly Span[], ...more: readonly Style[]): Span[] {
  return spans.map(({ text, styles }) => ({ text, styles: [...styles, ...more] }));
}

export function widthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + textWidth(text), 0);
}
