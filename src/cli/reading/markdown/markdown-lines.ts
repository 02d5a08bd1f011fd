import { shownText } from "../stored-text.ts";
import { markdownPieces, type Token } from "./markdown-parser.ts";
import { tableOf } from "./markdown-table.ts";
import { span, widthOf, type Span, type Style } from "../spans.ts";
import { wrapped } from "../wrap.ts";

/** How Markdown is shown. */
export interface MarkdownLook {
  /** `undefined`: nothing is wrapped. */
  readonly width: number | undefined;
  /** Without colours, signs tell what a colour would. */
  readonly colour: boolean;
}

/** What stands before the lines of a quotation or of an item of a list. */
interface Container {
  readonly rest: Span;
  first: Span | undefined;
}

interface List {
  /** The next number; `undefined` for one with bullets. */
  number: number | undefined;
  /** Its items stand below each other without empty lines. */
  readonly isTight: boolean;
}

/** Markdown as lines. */
export function markdownLines(text: string, look: MarkdownLook): Span[][] {
  const lines: Span[][] = [];
  for (const piece of markdownPieces(text)) {
    if (lines.length > 0) lines.push([]);
    if ("plain" in piece) for (const line of plainLines(piece.plain, look.width)) lines.push(line);
    else for (const line of new Rendering(look).lines(piece.tokens)) lines.push(line);
  }
  return lines;
}

/** Text as it is, wrapped. */
export function plainLines(text: string, width: number | undefined): Span[][] {
  return shownText(text)
    .trimEnd()
    .split("\n")
    .flatMap((line) => wrapped([span(line)], width));
}

class Rendering {
  readonly #look: MarkdownLook;
  readonly #lines: Span[][] = [];
  readonly #containers: Container[] = [];
  readonly #lists: List[] = [];
  /** Whether the next block stands apart from the one before. */
  #isApart = false;

  constructor(look: MarkdownLook) {
    this.#look = look;
  }

  lines(tokens: readonly Token[]): Span[][] {
    for (let index = 0; index < tokens.length; index++) {
      const token = tokens[index] as Token;
      if (token.type === "table_open") {
        const end = tokens.findIndex((one, at) => at > index && one.type === "table_close");
        this.#block(
          tableOf(tokens.slice(index, end), this.#room(), (inline) => this.#inline(inline)[0] ?? []),
        );
        index = end;
      } else this.#take(token, tokens[index + 1], tokens[index + 2]);
    }
    return this.#lines;
  }

  #take(token: Token, next: Token | undefined, second: Token | undefined): void {
    switch (token.type) {
      case "blockquote_open":
        this.#isApart = !this.#isTight;
        this.#containers.push({ first: span("│ ", "dim"), rest: span("│ ", "dim") });
        break;
      case "bullet_list_open":
      case "ordered_list_open": {
        this.#isApart = !this.#isTight;
        const number = token.type === "bullet_list_open" ? undefined : Number(token.attrGet("start") ?? 1);
        this.#lists.push({ number, isTight: second?.type === "paragraph_open" && second.hidden });
        break;
      }
      case "list_item_open":
        this.#openItem();
        break;
      case "blockquote_close":
      case "list_item_close":
        this.#containers.pop();
        break;
      case "bullet_list_close":
      case "ordered_list_close":
        this.#lists.pop();
        this.#isApart = !this.#isTight;
        break;
      case "heading_open":
        if (next !== undefined) this.#heading(next, Number(token.tag.slice(1)));
        break;
      case "inline":
        if (this.#inHeading) this.#inHeading = false;
        else this.#block(this.#inline(token).flatMap((line) => wrapped(line, this.#room())));
        break;
      case "fence":
      case "code_block":
        this.#code(token);
        break;
      case "hr":
        this.#block([[span("─".repeat(Math.min(this.#room() ?? 40, 40)), "dim")]]);
    }
  }

  #inHeading = false;

  #heading(inline: Token, level: number): void {
    this.#inHeading = true;
    const sign = this.#look.colour ? [] : [span(`${"#".repeat(level)} `)];
    const styles: Style[] = level === 1 ? ["bold", "underline"] : ["bold"];
    const lines = this.#inline(inline, styles).map((line) => [...sign, ...line]);
    this.#block(lines.flatMap((line) => wrapped(line, this.#room())));
  }

  get #isTight(): boolean {
    return this.#lists.at(-1)?.isTight === true;
  }

  #openItem(): void {
    const list = this.#lists.at(-1);
    const sign = list?.number === undefined ? "• " : `${list.number++}. `;
    this.#containers.push({ first: span(sign, "dim"), rest: span(" ".repeat(sign.length)) });
  }

  #code({ content, info }: Token): void {
    // Behind a fence stands a language; what is no single word is said.
    if (/\s/.test(info.trim())) this.#block([[span(shownText(info.trim()), "dim")]]);
    const isDiff = info.trim() === "diff" || info.trim() === "patch";
    const lines = shownText(content).replace(/\n$/, "").split("\n");
    this.#block(lines.map((line) => [span("  "), span(line, ...(isDiff ? diffStyle(line) : CODE))]));
  }

  /** Lines that belong together. */
  #block(lines: readonly (readonly Span[])[]): void {
    if (this.#isApart && this.#lines.length > 0) this.#lines.push(this.#prefix(false));
    for (const line of lines) this.#lines.push([...this.#prefix(true), ...line]);
    this.#isApart = !this.#isTight;
  }

  /** Nested so deep that nothing would be left of the width, what is within stands where its parent does. */
  #prefix(uses: boolean): Span[] {
    const prefix: Span[] = [];
    let room = this.#most();
    for (const container of this.#containers) {
      // What only begins with the next line does not stand beside the empty one before it.
      if (!uses && container.first !== undefined) break;
      const sign = container.first ?? container.rest;
      if (uses) container.first = undefined;
      room -= sign.text.length;
      if (room >= 0) prefix.push(sign);
    }
    return prefix;
  }

  #most(): number {
    return Math.floor((this.#look.width ?? 160) / 2);
  }

  #room(): number | undefined {
    const { width } = this.#look;
    if (width === undefined) return undefined;
    const prefix = this.#containers.map(({ rest }) => rest);
    return Math.max(width - Math.min(widthOf(prefix), this.#most()), 8);
  }

  /** Text with its emphasis, as the lines that it has itself. */
  #inline({ children }: Token, base: readonly Style[] = []): Span[][] {
    const lines: Span[][] = [[]];
    const styles: Style[] = [...base];
    const targets: { readonly href: string; readonly from: number; readonly line: number }[] = [];
    const put = (text: string, ...more: readonly Style[]): void => {
      const parts = shownText(text).split("\n");
      for (const [index, part] of parts.entries()) {
        if (index > 0) lines.push([]);
        lines.at(-1)?.push(span(part, ...styles, ...more));
      }
    };
    for (const token of children ?? []) {
      if (token.type === "softbreak" || token.type === "hardbreak") lines.push([]);
      else if (token.type === "code_inline")
        put(this.#look.colour ? token.content : `\`${token.content}\``, ...CODE);
      else if (token.type === "image")
        put(
          `[image${token.content === "" ? "" : ` ${token.content}`}] ${String(token.attrGet("src") ?? "")}`,
          "dim",
        );
      else if (token.type === "link_open") {
        targets.push({
          href: String(token.attrGet("href") ?? ""),
          from: lines.at(-1)?.length ?? 0,
          line: lines.length,
        });
        styles.push("underline");
      } else if (token.type === "link_close") {
        styles.splice(styles.lastIndexOf("underline"), 1);
        const target = targets.pop();
        if (target === undefined) continue;
        const said = target.line === lines.length ? (lines.at(-1) ?? []).slice(target.from) : [];
        if (said.map(({ text }) => text).join("") !== shownText(target.href)) put(` (${target.href})`, "dim");
      } else if (token.type in EMPHASIS) {
        if (token.nesting === 1) styles.push(EMPHASIS[token.type] as Style);
        else if (token.nesting === -1) styles.splice(styles.lastIndexOf(EMPHASIS[token.type] as Style), 1);
      } else put(token.content);
    }
    return lines;
  }
}

const EMPHASIS: Readonly<Record<string, Style>> = {
  strong_open: "bold",
  strong_close: "bold",
  em_open: "italic",
  em_close: "italic",
  s_open: "struck",
  s_close: "struck",
};

const CODE: readonly Style[] = ["cyan"];

/** How a line of a diff looks. */
function diffStyle(line: string): Style[] {
  if (line.startsWith("+")) return ["green"];
  if (line.startsWith("-")) return ["red"];
  return line.startsWith("@@") ? ["cyan"] : ["dim"];
}
