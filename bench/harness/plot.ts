import { escaped } from "../../scripts/svg-text.mjs";

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn thicker, in the accent colour, on top of the others. */
  readonly isOurs: boolean;
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}

const PLOT_WIDTH = 496;
const HEIGHT = 460;
const LEFT = 64;
const RIGHT = LEFT + PLOT_WIDTH;
const TOP = 44;
const BOTTOM = 52;
const LABEL_HEIGHT = 15;
/** Where labels begin, from the plot's edge. */
const LABEL_AT = 20;
/** At most, of the font's size that is used here. */
const LETTER_WIDTH = 7.3;
/** Told apart on white and on black. */
const COLOURS = ["#7d828c", "#c27a1e", "#3f9152", "#5b6fd6", "#a0522d", "#1f93a6", "#8a56c2", "#7f8f1f"];
/** With more lines than colours a colour comes again, with the next of these. */
const DASHES = ["", "7 3", "2 3", "9 3 2 3"];

/** A plot with logarithmic axes as SVG; its texts take the reader's light or dark scheme. */
export function logPlot({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const xScale = logScale(
    points.map(([value]) => value),
    LEFT,
    RIGHT,
  );
  const yScale = logScale(
    points.map(([, value]) => value),
    HEIGHT - BOTTOM,
    TOP,
  );
  const bottom = HEIGHT - BOTTOM;
  const longest = Math.max(...lines.map(({ name }) => name.length));
  const width = RIGHT + LABEL_AT + Math.ceil(longest * LETTER_WIDTH);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    "<style>text{fill:#333}.grid{stroke:#8884;stroke-width:1}.ours{stroke:#d6336c;fill:none}text.ours,circle.ours{fill:#d6336c;stroke:none}text.ours{font-weight:600}@media (prefers-color-scheme:dark){text{fill:#ccc}.ours{stroke:#ff6b9d}text.ours,circle.ours{fill:#ff6b9d}}</style>",
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
    parts.push(`<path class="grid" d="M${LEFT} ${at}H${RIGHT}"/>`);
    parts.push(
      `<text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${tick.toLocaleString("en-US")}</text>`,
    );
  }
  parts.push(`<text x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x)}</text>`);
  parts.push(`<text x="${LEFT}" y="${TOP - 8}" text-anchor="middle">${escaped(y)}</text>`);
  const labels = labelPlaces(lines.map((line) => yScale.at(line.points.at(-1)?.[1] ?? 1)));
  const styles = stylesOf(lines);
  // What is drawn last lies on top.
  const order = [...lines.keys()].toSorted((a, b) => Number(lines[a]?.isOurs) - Number(lines[b]?.isOurs));
  for (const index of order) {
    const { name, points, isOurs } = lines[index] as Line;
    const { colour, dash } = styles[index] as Style;
    const places = points.map(([px, py]) => [round(xScale.at(px)), round(yScale.at(py))] as const);
    const [endX, endY] = places.at(-1) ?? [LEFT, bottom];
    const paint = isOurs
      ? 'class="ours" stroke-width="3"'
      : `stroke="${colour}" fill="none" stroke-width="1.5"`;
    const dashes = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
    const path = places.map((place) => place.join(" ")).join("L");
    parts.push(`<path ${paint}${dashes} stroke-linejoin="round" d="M${path}"/>`);
    const fill = isOurs ? 'class="ours"' : `style="fill:${colour}"`;
    for (const [at, height] of places)
      parts.push(`<circle ${fill} cx="${at}" cy="${height}" r="${isOurs ? 3.5 : 2.2}"/>`);
    const label = round(labels[index] ?? 0);
    const lead = `M${endX} ${endY}L${RIGHT + LABEL_AT - 4} ${label}`;
    parts.push(
      `<path ${isOurs ? 'class="ours"' : `stroke="${colour}" fill="none"`} opacity="0.5" d="${lead}"/>`,
    );
    parts.push(`<text ${fill} x="${RIGHT + LABEL_AT}" y="${label + 4}">${escaped(name)}</text>`);
  }
  return `${parts.join("\n")}\n</svg>\n`;
}

interface Style {
  readonly colour: string;
  readonly dash: string;
}

/** No two lines look the same: neighbours in the legend differ by colour, ours by their dashes. */
function stylesOf(lines: readonly Line[]): Style[] {
  let ours = 0;
  let others = 0;
  return lines.map(({ isOurs }) => {
    if (isOurs) return { colour: "", dash: DASHES[ours++ % DASHES.length] ?? "" };
    const colour = COLOURS[others % COLOURS.length] ?? "#888";
    return { colour, dash: DASHES[Math.floor(others++ / COLOURS.length) % DASHES.length] ?? "" };
  });
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

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
