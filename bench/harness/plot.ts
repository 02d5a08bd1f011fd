export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn thicker, in the accent colour. */
  readonly isOurs: boolean;
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

const WIDTH = 860;
const HEIGHT = 460;
const LEFT = 64;
const RIGHT = 300;
const TOP = 44;
const BOTTOM = 52;
const LABEL_HEIGHT = 15;
/** Told apart on white and on black. */
const COLOURS = [
  "#8b8f98",
  "#c2802b",
  "#4f9e5e",
  "#b45bb0",
  "#3f9aa8",
  "#a07a5a",
  "#7d82d6",
  "#c25d6d",
  "#7f9a2f",
];

/** A plot with logarithmic axes as SVG; its texts take the reader's light or dark scheme. */
export function logPlot({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const xScale = logScale(
    points.map(([value]) => value),
    LEFT,
    WIDTH - RIGHT,
  );
  const yScale = logScale(
    points.map(([, value]) => value),
    HEIGHT - BOTTOM,
    TOP,
  );
  const bottom = HEIGHT - BOTTOM;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    "<style>text{fill:#333}.grid{stroke:#8884;stroke-width:1}.ours{stroke:#d6336c}text.ours{fill:#d6336c;stroke:none;font-weight:600}@media (prefers-color-scheme:dark){text{fill:#ccc}.ours{stroke:#ff6b9d}text.ours{fill:#ff6b9d}}</style>",
    `<text x="${LEFT}" y="22" font-size="15" font-weight="600">${escaped(title)}</text>`,
  ];
  for (const tick of xScale.ticks) {
    const at = round(xScale.at(tick));
    parts.push(`<path class="grid" d="M${at} ${TOP}V${bottom}"/>`);
    parts.push(
      `<text x="${at}" y="${bottom + 18}" text-anchor="middle">${tick.toLocaleString("en-US")}</text>`,
    );
  }
  for (const tick of yScale.ticks) {
    const at = round(yScale.at(tick));
    parts.push(`<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/>`);
    parts.push(
      `<text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${tick.toLocaleString("en-US")}</text>`,
    );
  }
  parts.push(
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x)}</text>`,
  );
  parts.push(`<text x="${LEFT}" y="${TOP - 8}" text-anchor="middle">${escaped(y)}</text>`);
  const labels = labelPlaces(lines.map((line) => yScale.at(line.points.at(-1)?.[1] ?? 1)));
  for (const [index, line] of lines.entries()) {
    const paint = line.isOurs
      ? 'class="ours" stroke-width="3"'
      : `stroke="${colourOf(index)}" stroke-width="1.5"`;
    const path = line.points.map(([px, py]) => `${round(xScale.at(px))} ${round(yScale.at(py))}`).join("L");
    parts.push(`<path ${paint} fill="none" stroke-linejoin="round" d="M${path}"/>`);
    const from = `${round(xScale.at(line.points.at(-1)?.[0] ?? 1))} ${round(yScale.at(line.points.at(-1)?.[1] ?? 1))}`;
    const label = round(labels[index] ?? 0);
    parts.push(`<path ${paint} fill="none" opacity="0.5" d="M${from}L${WIDTH - RIGHT + 14} ${label}"/>`);
    const fill = line.isOurs ? 'class="ours"' : "";
    parts.push(`<text ${fill} x="${WIDTH - RIGHT + 18}" y="${label + 4}">${escaped(line.name)}</text>`);
  }
  return `${parts.join("\n")}\n</svg>\n`;
}

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** From the power of ten below the least value to the one above the greatest. */
function logScale(values: readonly number[], start: number, end: number): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(Math.ceil(Math.log10(Math.max(...values))), low + 1);
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, step) => Number((10 ** (low + step)).toPrecision(1))),
    at: (value) => start + ((Math.log10(value) - low) / (high - low)) * (end - start),
  };
}

/** Labels beside their lines' ends, pushed apart so that each can be read. */
function labelPlaces(wanted: readonly number[]): number[] {
  const places = wanted.slice();
  const order = [...wanted.keys()].toSorted((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const excess = (order.length * LABEL_HEIGHT) / 2;
  let least = Math.max(TOP, (wanted[order[0] ?? 0] ?? 0) - excess);
  for (const index of order) {
    places[index] = Math.max(least, wanted[index] ?? 0);
    least = (places[index] ?? 0) + LABEL_HEIGHT;
  }
  const over = least - LABEL_HEIGHT - (HEIGHT - BOTTOM);
  return over > 0 ? pushedUp(places, order) : places;
}

function pushedUp(places: number[], order: readonly number[]): number[] {
  let most = HEIGHT - BOTTOM;
  for (const index of order.toReversed()) {
    places[index] = Math.min(most, places[index] ?? 0);
    most = (places[index] ?? 0) - LABEL_HEIGHT;
  }
  return places;
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] ?? "#888";
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
