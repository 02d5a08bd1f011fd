import { codeSpan, escaped, fenced } from "../../exporters/markdown.ts";
import { counted } from "../output/units.ts";
import { tidyMarkdown } from "./tidy-markdown.ts";
import { factsOf, turnsOf, type Page } from "./page.ts";
import type { PageCall, Turn, TurnPart } from "./turns.ts";

/** An edit of so many lines stands there openly. */
const OPEN_LINES = 40;

/** A session as Markdown that can be pasted into an issue, piece by piece. */
export async function* markdownPage(page: Page): AsyncGenerator<string> {
  const { title, facts } = factsOf(page, page.snapshot.head);
  const matter = [["title", title] as const, ...facts, ["detail", page.detail] as const];
  yield `---\n${matter.map(([label, value]) => `${label.replace(/[ -]/g, "_")}: ${JSON.stringify(value)}`).join("\n")}\n---\n\n`;
  yield `# ${escaped(title)}\n`;
  let speaker = "";
  for await (const turn of turnsOf(page)) {
    if (turn.kind === "person" || turn.speaker !== speaker) yield heading(turn);
    ({ speaker } = turn);
    const parts = turn.parts.map(partText).join("\n\n");
    yield turn.kind === "note" || turn.kind === "compaction" || turn.kind === "system"
      ? `\n${folded(turn.kind === "compaction" ? "The summary that stands for what is above" : turn.speaker, parts)}\n`
      : `\n${parts}\n`;
  }
}

/** A list of several pages. @param link the file of each, beside the list. */
export function markdownIndex(
  pages: readonly { readonly link: string; readonly title: string; readonly about: string }[],
): string {
  const lines = pages.map(
    ({ link, title, about }) => `- [${escaped(title)}](${encodeURI(link)}) · ${escaped(about)}`,
  );
  return `# ${counted(pages.length, "session")}\n\n${lines.join("\n")}\n`;
}

function heading({ speaker, at, position, model }: Turn): string {
  const facts = [...(model === undefined ? [] : [model]), ...(at === undefined ? [] : [at]), `#${position}`];
  return `\n## ${escaped(speaker)}\n\n*${escaped(facts.join(" · "))}*\n`;
}

function partText(part: TurnPart): string {
  switch (part.type) {
    case "text":
      return tidyMarkdown(part.text);
    case "thinking":
      return folded("Thinking", tidyMarkdown(part.text));
    case "mark":
      return `*${escaped(part.text)}*`;
    case "call":
      return callText(part.call);
    case "result": {
      const text = part.text.trimEnd();
      const lines = text === "" ? "nothing" : counted(text.split("\n").length, "line");
      const about = part.failure === undefined ? lines : `${part.failure}, ${lines}`;
      return folded(`${part.title}: ${about}`, text === "" ? "*nothing*" : fenced(text));
    }
  }
}

function callText({ name, telling, script, edit, plan, input }: PageCall): string {
  const lines = [`**${escaped(name)}**${telling === "" ? "" : ` ${codeSpan(telling)}`}`];
  if (edit !== undefined) {
    const diff = fenced(
      edit.lines.map(({ sign, text }) => `${sign === "@" ? "@@ " : sign}${text}`).join("\n"),
      "diff",
    );
    lines.push(edit.lines.length > OPEN_LINES ? folded(`+${edit.added} −${edit.removed}`, diff) : diff);
  } else if (plan.length > 0) {
    lines.push(
      plan.map(({ text, state }) => `- [${state === "done" ? "x" : " "}] ${escaped(text)}`).join("\n"),
    );
  } else if (script !== undefined) lines.push(folded("All of it", fenced(script)));
  if (input !== undefined && edit === undefined && plan.length === 0)
    lines.push(folded("Arguments", fenced(input, "json")));
  return lines.join("\n\n");
}

/** The empty lines let what is within be Markdown. */
function folded(summary: string, content: string): string {
  return `<details>\n<summary>${inHtml(summary)}</summary>\n\n${content}\n\n</details>`;
}

function inHtml(text: string): string {
  // Of Markdown's signs, those that would begin something within the summary.
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[\\`*_[\]]/g, "\\$&");
}
