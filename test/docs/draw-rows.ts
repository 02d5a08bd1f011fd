import { escaped } from "../../scripts/svg-text.mjs";

/** A box of a picture, with a word above and below. */
export interface Box {
  readonly text: string;
  readonly tone: "plain" | "head" | "faint";
  readonly above?: string;
  readonly below?: string;
}

export interface Row {
  readonly title: string;
  readonly boxes: readonly Box[];
  /** One box follows from the one before. */
  readonly isLine: boolean;
}

const LEFT = 170;
const STEP = 92;
const HEIGHT = 30;
const STYLE =
  "text{fill:#333}rect{fill:none;stroke:#7d828c;stroke-width:1.2}.head rect{stroke:#d6336c;stroke-width:2}" +
  ".head text{fill:#d6336c;font-weight:600}.faint rect{stroke-dasharray:4 3}.faint text{fill:#7d828c}" +
  "path{stroke:#7d828c;stroke-width:1.2}" +
  "@media (prefers-color-scheme:dark){text{fill:#ccc}.head rect{stroke:#ff6b9d}.head text{fill:#ff6b9d}}";

/** Rows of boxes, one below the other, as SVG that is read on light and dark pages. */
export function picture(title: string, rows: readonly Row[]): string {
  const lines: string[] = [];
  let top = 14;
  for (const { title: name, boxes, isLine } of rows) {
    const above = boxes.some((box) => box.above !== undefined) ? 20 : 0;
    const below = boxes.some((box) => box.below !== undefined) ? 22 : 0;
    const y = top + above;
    const middle = y + HEIGHT / 2 + 4;
    lines.push(text(LEFT - 20, middle, "end", name));
    for (const [index, box] of boxes.entries()) {
      const x = LEFT + index * STEP;
      const width = STEP - 16;
      const center = x + width / 2;
      if (isLine && index > 0) lines.push(`<path d="M${x - 16} ${y + HEIGHT / 2}H${x}"/>`);
      lines.push(`<g class="${box.tone}">`);
      lines.push(`<rect x="${x}" y="${y}" width="${width}" height="${HEIGHT}" rx="6"/>`);
      lines.push(text(center, middle, "middle", box.text));
      if (box.above !== undefined) lines.push(text(center, y - 7, "middle", box.above));
      lines.push("</g>");
      if (box.below !== undefined) lines.push(text(center, y + HEIGHT + 16, "middle", box.below));
    }
    top = y + HEIGHT + below + 18;
  }
  const width = LEFT + Math.max(...rows.map(({ boxes }) => boxes.length)) * STEP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

function text(x: number, y: number, anchor: string, content: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;
}
