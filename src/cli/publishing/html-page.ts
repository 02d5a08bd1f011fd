import { createHash } from "node:crypto";
import { counted } from "../output/units.ts";
import { localTime } from "../reading/local-time.ts";
import { escapeHtml } from "./escape-html.ts";
import { htmlOfMarkdown } from "./html-markdown.ts";
import { STYLE } from "./html-style.ts";
import { factsOf, turnsOf, type Page } from "./page.ts";
import type { PageCall, Turn, TurnPart } from "./turns.ts";

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** A page has a list of so many prompts. */
const LISTED = 500;
const LONGEST_LISTED = 100;
const OPEN_LINES = 40;

/** A session as one HTML file that loads nothing and runs nothing, piece by piece. */
export async function* htmlPage(page: Page): AsyncGenerator<string> {
  const { title, facts } = factsOf(page, page.snapshot.head);
  yield* begin(title);
  const rows = facts.map(([label, value]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd>`);
  yield `<h1>${escapeHtml(title)}</h1>\n<dl>${rows.join("")}</dl>\n`;
  yield* contents(page);
  yield "<main>\n";
  let before: Turn | undefined;
  for await (const turn of turnsOf(page)) {
    yield articleOf(turn, before);
    before = turn;
  }
  yield "</main>\n</body>\n</html>\n";
}

/** A list of several pages. */
export function* htmlIndex(
  pages: readonly { readonly link: string; readonly title: string; readonly about: string }[],
): Generator<string> {
  yield* begin(counted(pages.length, "session"));
  yield `<h1>${counted(pages.length, "session")}</h1>\n<nav><ol>\n`;
  for (const { link, title, about } of pages)
    yield `<li><a href="${escapeHtml(encodeURI(link))}">${escapeHtml(title)}</a> <small>${escapeHtml(about)}</small></li>\n`;
  yield "</ol></nav>\n</body>\n</html>\n";
}

function* begin(title: string): Generator<string> {
  yield `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n`;
  yield `<meta http-equiv="Content-Security-Policy" content="${escapeHtml(POLICY)}">\n`;
  yield `<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n`;
  yield `<title>${escapeHtml(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n`;
}

/** What was asked, each a link to where. */
async function* contents(page: Page): AsyncGenerator<string> {
  const prompts: string[] = [];
  let more = 0;
  for await (const { position, parts } of turnsOf({ ...page, detail: "prompts" })) {
    const text = parts.map((part) => ("text" in part ? part.text : "")).join(" ");
    const line = text
      .slice(0, 4 * LONGEST_LISTED)
      .replace(/\s+/g, " ")
      .trim();
    const shown = line.length <= LONGEST_LISTED ? line : `${line.slice(0, LONGEST_LISTED - 1)}…`;
    if (prompts.length < LISTED) prompts.push(`<li><a href="#m${position}">${escapeHtml(shown)}</a></li>`);
    else more++;
  }
  if (prompts.length < 2 || page.detail === "prompts") return;
  const rest = more === 0 ? "" : `<p><small>and ${counted(more, "more prompt")}</small></p>`;
  yield `<nav><details><summary>${counted(prompts.length + more, "prompt")}</summary><ol>\n${prompts.join("\n")}\n</ol>${rest}</details></nav>\n`;
}

function articleOf(turn: Turn, before: Turn | undefined): string {
  const { kind, speaker, position, at, model, parts } = turn;
  const goesOn =
    kind !== "person" && before !== undefined && before.speaker === speaker && before.kind === kind;
  const time = localTime(at);
  const facts = [
    ...(model === undefined || model === before?.model ? [] : [model]),
    ...(time === undefined ? [] : [`${time.day} ${time.clock}`]),
  ];
  const head = goesOn
    ? ""
    : `<header><b>${escapeHtml(speaker)}</b>${facts.length === 0 ? "" : `<small>${escapeHtml(facts.join(" · "))}</small>`}<a href="#m${position}">#${position}</a></header>\n`;
  const said = parts.map((part) => partHtml(part, kind)).join("\n");
  const isAside = kind === "note" || kind === "system" || kind === "compaction";
  const summary = kind === "compaction" ? "the summary that stands for what is above" : "shown when opened";
  const body = isAside ? `<details><summary>${summary}</summary>${said}</details>` : said;
  return `<article id="m${position}" class="${kind}${goesOn ? " on" : ""}">\n${head}${body}\n</article>\n`;
}

function partHtml(part: TurnPart, kind: Turn["kind"]): string {
  switch (part.type) {
    case "text":
      // What a person typed stays as it was typed.
      return kind === "person"
        ? `<p class="typed">${escapeHtml(part.text.trim())}</p>`
        : htmlOfMarkdown(part.text);
    case "thinking":
      return `<details class="thinking"><summary>thinking</summary>${htmlOfMarkdown(part.text)}</details>`;
    case "mark":
      return `<p><small>${escapeHtml(part.text)}</small></p>`;
    case "call":
      return callHtml(part.call);
    case "result": {
      const text = part.text.trimEnd();
      const lines = text === "" ? "nothing" : counted(text.split("\n").length, "line");
      const about = part.failure === undefined ? lines : `${part.failure}, ${lines}`;
      const content = text === "" ? "" : `<pre>${escapeHtml(text)}</pre>`;
      const failed = part.failure === undefined ? "" : ' class="failed"';
      return `<details${failed}><summary>${escapeHtml(`${part.title}: ${about}`)}</summary>${content}</details>`;
    }
  }
}

function callHtml({ name, telling, script, edit, plan, input }: PageCall): string {
  const told = telling === "" ? "" : ` <code>${escapeHtml(telling)}</code>`;
  const parts = [`<p class="call"><b>${escapeHtml(name)}</b>${told}</p>`];
  if (edit !== undefined) {
    const lines = edit.lines.map(({ sign, text }) => {
      const kind = sign === "+" ? "plus" : sign === "-" ? "minus" : "kept";
      return `<span class="${kind}">${escapeHtml(`${sign} ${text}`)}</span>`;
    });
    const diff = `<pre>${lines.join("\n")}</pre>`;
    const summary = `<summary>+${edit.added} −${edit.removed}</summary>`;
    parts.push(edit.lines.length > OPEN_LINES ? `<details>${summary}${diff}</details>` : diff);
  } else if (plan.length > 0) {
    const sign = { done: "✓", now: "▸", open: "○" } as const;
    parts.push(
      `<ul>${plan.map(({ text, state }) => `<li>${sign[state]} ${escapeHtml(text)}</li>`).join("")}</ul>`,
    );
  } else if (script !== undefined)
    parts.push(`<details><summary>all of it</summary><pre>${escapeHtml(script)}</pre></details>`);
  if (input !== undefined)
    parts.push(`<details><summary>arguments</summary><pre>${escapeHtml(input)}</pre></details>`);
  return parts.join("\n");
}
