import { escapeHtml } from "./escape-html.ts";
import { markdown, markdownPieces } from "../reading/markdown/markdown-parser.ts";

let isSetUp = false;

/** Markdown as HTML: what is a tag in it is text, a link leads to the web or nowhere, and an image is a link. */
export function htmlOfMarkdown(text: string): string {
  const parser = markdown();
  if (!isSetUp) setUp(parser);
  const pieces: string[] = [];
  for (const piece of markdownPieces(text))
    pieces.push(
      "plain" in piece
        ? `<pre>${escapeHtml(piece.plain)}</pre>`
        : parser.renderer.render([...piece.tokens], parser.options, {}),
    );
  return pieces.join("");
}

function setUp(parser: ReturnType<typeof markdown>): void {
  isSetUp = true;
  const { rules } = parser.renderer;
  rules["link_open"] = (tokens, index) => {
    const href = String(tokens[index]?.attrGet("href") ?? "");
    return isWebAddress(href) ? `<a href="${escapeHtml(href)}" rel="noopener noreferrer">` : `<a>`;
  };
  rules["image"] = (tokens, index) => {
    const token = tokens[index];
    const source = String(token?.attrGet("src") ?? "");
    const name = escapeHtml(`[image ${token?.content ?? ""}]`.replace(" ]", "]"));
    return isWebAddress(source)
      ? `<a href="${escapeHtml(source)}" rel="noopener noreferrer">${name}</a>`
      : name;
  };
  rules["fence"] = (tokens, index) => `<pre>${escapeHtml(tokens[index]?.content ?? "")}</pre>\n`;
  rules["code_block"] = rules["fence"];
}

function isWebAddress(href: string): boolean {
  return /^(?:https?:\/\/|mailto:)/i.test(href);
}
