import MarkdownIt, { type Env, type Token } from "markdown-it";
import { h, type ComponentChild, type VNode } from "preact";
import { Code } from "./code.tsx";

/** HTML stays text; addresses become links only where the text says so. */
const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
// Blocks first, then each block's own text, where that takes no longer than it should.
markdown.core.ruler.disable(["inline", "linkify", "replacements", "smartquotes"]);

/** What emphasis is made of: a block with more of it than anyone writes takes the square of that to read. */
const SIGNS = /[*_~`[\]!<&\\]/g;
const MOST_SIGNS = 1500;
const LONGEST_BLOCK = 30_000;
/** Longer texts are shown as they are written. */
const LONGEST = 100_000;

/** A text as Markdown, as elements of our own making: nothing of it is ever read as HTML. */
export function Markdown({ text }: { text: string }): VNode {
  if (text.length > LONGEST) return <pre class="plain">{text}</pre>;
  const references: Env = {};
  return <div class="markdown">{elements(markdown.parse(text, references), references)}</div>;
}

interface Open {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: ComponentChild[];
}

const TAGS = new Set(
  "p h1 h2 h3 h4 h5 h6 ul ol li blockquote table thead tbody tr th td strong em s a".split(" "),
);

/** Tokens come one behind the other, with openings and closings. */
function elements(tokens: readonly Token[], references: Env): ComponentChild[] {
  const root: ComponentChild[] = [];
  const stack: Open[] = [];
  const into = (): ComponentChild[] => stack.at(-1)?.children ?? root;
  for (const token of tokens) {
    if (token.nesting === 1) {
      const tag = TAGS.has(token.tag) ? token.tag : "span";
      stack.push({ tag, attributes: attributesOf(token), children: [] });
    } else if (token.nesting === -1) {
      const done = stack.pop();
      if (done !== undefined) into().push(h(done.tag, done.attributes, ...done.children));
    } else into().push(...leaf(token, references));
  }
  for (let open = stack.pop(); open !== undefined; open = stack.pop())
    into().push(h(open.tag, open.attributes, ...open.children));
  return root;
}

function leaf(token: Token, references: Env): ComponentChild[] {
  switch (token.type) {
    case "inline":
      return inline(token.content, references);
    case "text":
    case "text_special":
      return [token.content];
    case "softbreak":
      return ["\n"];
    case "hardbreak":
      return [<br />];
    case "hr":
      return [<hr />];
    case "code_inline":
      return [<code>{token.content}</code>];
    case "fence":
    case "code_block":
      return [
        <Code text={token.content.replace(/\n$/, "")} language={token.info.trim().split(/\s+/)[0] ?? ""} />,
      ];
    case "image":
      // Nothing is fetched from elsewhere: who wants to see it follows the link.
      return [image(String(token.attrGet("src") ?? ""), token.content)];
    default:
      return token.content === "" ? [] : [token.content];
  }
}

function inline(text: string, references: Env): ComponentChild[] {
  if (text.length > LONGEST_BLOCK || (text.match(SIGNS)?.length ?? 0) > MOST_SIGNS) return [text];
  const tokens: Token[] = [];
  markdown.inline.parse(text, markdown, references, tokens);
  return elements(tokens, references);
}

function attributesOf(token: Token): Record<string, string> {
  if (token.type === "link_open") return linkAttributes(String(token.attrGet("href") ?? ""));
  const start = token.attrGet("start");
  return token.tag === "ol" && start !== null ? { start: String(start) } : {};
}

function image(address: string, description: string): VNode {
  return h("a", linkAttributes(address), `image: ${description === "" ? address : description}`);
}

/** Only what leads to a page or to a letter; any other is no link. */
function linkAttributes(address: string): Record<string, string> {
  if (!/^(?:https?:\/\/|mailto:)/i.test(address)) return { class: "no-link", title: address };
  return { href: address, target: "_blank", rel: "noopener noreferrer nofollow", title: address };
}
