import MarkdownIt, { type Token } from "markdown-it";

export type { Token };

/** Text of this length is read as Markdown at once. Some texts take a time that grows faster than they do. */
const PIECE = 8 << 10;
/** No deeper: at a hundred the parser leaves out what is within. */
const DEEPEST = 90;

type Parser = ReturnType<typeof MarkdownIt>;

let parser: Parser | undefined;

/** The one parser: no HTML, and links only where the text has them as such. */
export function markdown(): Parser {
  parser ??= new MarkdownIt({ html: false, linkify: false, typographer: false });
  return parser;
}

/** A piece of a text: read as Markdown, or as it is where it cannot be read so. */
export type MarkdownPiece =
  { readonly tokens: readonly Token[]; readonly source: string } | { readonly plain: string };

/**
 * A text in pieces, none of which is long: the time that a text takes is linear in its length, whatever it holds. A
 * piece ends at an empty line outside of code. What nests too deep, or has no such line, is given as it is.
 */
export function* markdownPieces(text: string): Generator<MarkdownPiece> {
  for (const piece of text.length <= PIECE ? [text] : piecesOf(text)) {
    if (piece.length > 2 * PIECE) {
      yield { plain: piece };
      continue;
    }
    const tokens = markdown().parse(piece, {});
    if (tokens.some(({ level }) => level >= DEEPEST)) yield { plain: piece };
    else yield { tokens, source: piece };
  }
}

function* piecesOf(text: string): Generator<string> {
  let piece: string[] = [];
  let length = 0;
  let fence: string | undefined;
  for (const line of text.split("\n")) {
    const marker = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) fence = marker;
    else if (marker?.startsWith(fence) === true && line.trim() === marker) fence = undefined;
    piece.push(line);
    length += line.length + 1;
    if (fence !== undefined || line.trim() !== "" || length < PIECE / 2) continue;
    yield piece.join("\n");
    [piece, length] = [[], 0];
  }
  if (piece.length > 0) yield piece.join("\n");
}
