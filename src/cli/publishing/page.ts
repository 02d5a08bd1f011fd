import type { Redact } from "../../redaction/redact.ts";
import { redactMessage } from "../../redaction/redact.ts";
import type { SessionHead } from "../../session/head.ts";
import { displayTitle, type SessionSummary } from "../../session/summary/summary.ts";
import type { SessionSnapshot } from "../../store/reading/snapshot.ts";
import { oneLine } from "../output/text-width.ts";
import { agentName } from "../reading/speaker.ts";
import { Turns, type Detail, type Turn } from "./turns.ts";

/** A session that becomes a page. */
export interface Page {
  readonly summary: SessionSummary;
  readonly snapshot: SessionSnapshot;
  readonly detail: Detail;
  /** Changes every text that goes into the page. */
  readonly redact?: Redact | undefined;
}

/** What stands above a page, and in the list of several. */
export interface PageFacts {
  readonly title: string;
  /** Labels and values; none of them is empty. */
  readonly facts: readonly (readonly [label: string, value: string])[];
}

export function factsOf(
  { summary, redact = asItIs }: Pick<Page, "summary" | "redact">,
  head: SessionHead,
): PageFacts {
  const { id, model, workspacePath, createdAt, updatedAt, messageCount, tags, parentId, custom } = summary;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ["id", id],
    ["agent", agentName(summary.source)],
    ["model", model],
    ["directory", workspacePath],
    ["branch", head.gitState?.branch],
    ["created", createdAt],
    ["changed", updatedAt],
    ["prompts", head.turnCount === 0 ? null : String(head.turnCount)],
    ["messages", String(messageCount)],
    ["tags", tags.join(", ")],
    ["sub-agent of", parentId],
    ["forked from", custom["forked_from"]],
  ];
  return {
    title: oneLine(redact(displayTitle(summary))),
    facts: facts.flatMap(([label, value]) =>
      value === null || value === undefined || value === "" ? [] : [[label, oneLine(redact(value))] as const],
    ),
  };
}

/** The messages as turns. Memory: a message. */
export async function* turnsOf({ summary, snapshot, detail, redact }: Page): AsyncGenerator<Turn> {
  const turns = new Turns(summary, detail);
  for await (const { position, message } of snapshot.messages()) {
    const turn = turns.of(position, redact === undefined ? message : redactMessage(message, redact));
    if (turn !== undefined) yield turn;
  }
}

function asItIs(text: string): string {
  return text;
}
