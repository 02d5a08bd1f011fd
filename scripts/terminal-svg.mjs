import { textWidth } from "../src/cli/output/text-width.ts";
import { escaped } from "./svg-text.mjs";

const CELL = 8.4;
const LINE = 19;
const MARGIN = 14;
const GROUND = "#16181d";
const TEXT = "#d7dae0";
/** Of a usual dark terminal. */
const COLOURS = ["#3b4048", "#ef6b73", "#8cc570", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0"];
const BRIGHT = ["#7f848e", "#ff7b85", "#a5e075", "#f0cf8a", "#7fc1ff", "#d994ee", "#6fd0dc", "#ffffff"];

/** A terminal's screen, with its colours (SGR), as SVG. */
export function terminalPicture(title, lines, columns) {
  const width = Math.round(columns * CELL + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  const drawn = lines.flatMap((line, index) => drawLine(line, MARGIN + index * LINE));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

function drawLine(line, top) {
  const drawn = [];
  const look = {};
  let column = 0;
  // eslint-disable-next-line no-control-regex
  for (const piece of line.split(/(\u001b\[[\d;]*m)/)) {
    if (piece.startsWith("\u001b[")) {
      setLook(look, piece.slice(2, -1));
      continue;
    }
    const cells = textWidth(piece);
    if (cells > 0) drawn.push(...drawPiece(piece, cells, MARGIN + column * CELL, top, look));
    column += cells;
  }
  return drawn;
}

function drawPiece(text, cells, left, top, look) {
  const ground = look.inverse ? (look.colour ?? TEXT) : look.ground;
  const colour = look.inverse ? (look.ground ?? GROUND) : (look.colour ?? TEXT);
  const [x, width] = [round(left), round(cells * CELL)];
  const drawn = [];
  if (ground !== undefined)
    drawn.push(`<rect x="${x}" y="${top}" width="${width}" height="${LINE}" fill="${ground}"/>`);
  if (text.trim() === "") return drawn;
  const bold = look.bold ? ' font-weight="700"' : "";
  const dim = look.dim ? ' opacity="0.6"' : "";
  const italic = look.italic ? ' font-style="italic"' : "";
  const line = look.underlined ? ' text-decoration="underline"' : "";
  drawn.push(
    `<text x="${x}" y="${top + 14}" fill="${colour}"${bold}${dim}${italic}${line} textLength="${width}" lengthAdjust="spacingAndGlyphs">${escaped(text.replaceAll(" ", "\u00a0"))}</text>`,
  );
  return drawn;
}

function setLook(look, codes) {
  const numbers = codes.split(";").map(Number);
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at];
    if (code === 0) for (const key of Object.keys(look)) delete look[key];
    else if (code === 1) look.bold = true;
    else if (code === 2) look.dim = true;
    else if (code === 3) look.italic = true;
    else if (code === 4) look.underlined = true;
    else if (code === 7) look.inverse = true;
    else if (code === 22) look.bold = look.dim = false;
    else if (code === 23) look.italic = false;
    else if (code === 24) look.underlined = false;
    else if (code === 27) look.inverse = false;
    else if (code >= 30 && code <= 37) look.colour = COLOURS[code - 30];
    else if (code === 39) look.colour = undefined;
    else if (code >= 40 && code <= 47) look.ground = COLOURS[code - 40];
    else if (code === 49) look.ground = undefined;
    else if (code >= 90 && code <= 97) look.colour = BRIGHT[code - 90];
  }
}

function round(value) {
  return Math.round(value * 10) / 10;
}
