import { markdownPieces, type Token } from "../reading/markdown/markdown-parser.ts";

/** What a text's headings stand below in a page: its title, and who spoke. */
const BELOW = 2;

/**
 * Markdown that somebody said, to stand within a page of Markdown: tags are shown instead of meant, a fence that was not
 * closed is, and headings stand below the page's own. Code stays as it is.
 */
export function tidyMarkdown(text: string): string {
  const pieces: string[] = [];
  for (const piece of markdownPieces(text)) {
    if ("plain" in piece) pieces.push(withoutTags(piece.plain));
    else pieces.push(tidied(piece.source, piece.tokens));
  }
  return pieces.join("\n").trim();
}

function tidied(source: string, tokens: readonly Token[]): string {
  const lines = source.split("\n");
  /** Of the lines that are told: the last of a paragraph that begins there, `code`, or a `row` of a table. */
  const kinds = new Map<number, number | "code" | "row">();
  let unclosed: string | undefined;
  for (const token of tokens) {
    const { type, map, level } = token;
    if (map === null) continue;
    const [start, end] = map;
    const isCode = type === "fence" || type === "code_block";
    if (isCode || type === "table_open")
      for (let line = start; line < end; line++) kinds.set(line, isCode ? "code" : "row");
    else if (type === "inline" && kinds.get(start) !== "row") kinds.set(start, end);
    if (type === "fence" && level === 0 && end >= lines.length && !isClosed(token, lines))
      unclosed = token.markup;
  }
  const tidy: string[] = [];
  for (let at = 0; at < lines.length;) {
    const kind = kinds.get(at);
    const end = typeof kind === "number" ? Math.max(kind, at + 1) : at + 1;
    const text = lines.slice(at, end).join("\n");
    if (kind === "code") tidy.push(text);
    else if (kind === "row") tidy.push(text.split("|").map(withoutTags).join("|"));
    else tidy.push(withoutTags(text.replace(/^( {0,3}(?:[>\-*+] ?){0,20})(#{1,6})(?=\s)/, lowered)));
    at = end;
  }
  if (unclosed !== undefined) tidy.push(unclosed);
  return tidy.join("\n");
}

function isClosed({ map, markup }: Token, lines: readonly string[]): boolean {
  const [start, end] = map ?? [0, 0];
  const last = (lines[end - 1] ?? "").trim();
  return end - start > 1 && last.startsWith(markup) && /^[`~]+$/.test(last);
}

function lowered(_: string, before: string, signs: string): string {
  return before + "#".repeat(Math.min(signs.length + BELOW, 6));
}

/** A paragraph whose `<` begins no tag; what stands between backticks is code. Linear in its length. */
function withoutTags(paragraph: string): string {
  const runs = [...paragraph.matchAll(/`+/g)];
  /** Where runs of each length begin, those that come first at the end. */
  const places = new Map<number, number[]>();
  for (const {
    0: { length },
    index,
  } of runs.toReversed()) {
    const known = places.get(length);
    if (known === undefined) places.set(length, [index]);
    else known.push(index);
  }
  let result = "";
  let at = 0;
  for (const {
    0: { length },
    index,
  } of runs) {
    if (index < at) continue;
    const others = places.get(length) ?? [];
    while ((others.at(-1) ?? Infinity) <= index) others.pop();
    const end = others.at(-1);
    if (end === undefined) continue;
    result += shownTags(paragraph.slice(at, index)) + paragraph.slice(index, end + length);
    at = end + length;
  }
  return result + shownTags(paragraph.slice(at));
}

/** `<https://…>` is a link, and stays one. */
function shownTags(text: string): string {
  let result = "";
  let from = 0;
  for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at + 1)) {
    if (!/[a-z!?/]/i.test(text[at + 1] ?? "") || LINK.test(text.slice(at, at + LONGEST_LINK))) continue;
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 1) continue;
    result += `${text.slice(from, at)}\\`;
    from = at;
  }
  return result + text.slice(from);
}

const LONGEST_LINK = 2000;
const LINK = /^<https?:\/\/[^\s<>]+>/i;
