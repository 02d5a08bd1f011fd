import { exportSession } from "../../../exporters/export-session.ts";
import { redactSecrets, type Redact } from "../../../redaction/redact.ts";
import { findSecrets } from "../../../redaction/find-secrets.ts";
import { SessionNotFoundError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SessionSnapshot } from "../../../store/reading/snapshot.ts";
import { summaryAt } from "../../../store/reading/summary-at.ts";
import type { Context } from "../../context.ts";
import { counted } from "../../output/units.ts";
import type { Page } from "../../publishing/page.ts";
import type { ExportOptions } from "./export.ts";

/** A session as text, and what a list says of it. */
export interface Exported {
  readonly text: AsyncIterable<string | Buffer>;
  readonly link: string;
  readonly title: string;
  readonly about: string;
}

/** @param secrets gets those that were replaced. */
export async function textOf(
  { store }: Pick<Context, "store">,
  id: SessionId,
  { format, detail = "full", at, redact, secrets }: ExportOptions & { readonly secrets: Set<string> },
): Promise<Exported> {
  const hide: Redact | undefined = redact === true ? noting(secrets) : undefined;
  const entry = { link: `${id}.${format}`, title: id, about: "" };
  if (format === "original") {
    const { originalOf } = await import("../../../importers/original/read-original.ts");
    return { ...entry, text: originalOf(store, id, at) };
  }
  if (format !== "md" && format !== "html")
    return { ...entry, text: exportSession(store, id, format, { redact: hide }) };
  const snapshot = await store.read(id);
  if (snapshot === undefined) throw new SessionNotFoundError(id);
  const summary = await summaryAt(store, snapshot);
  const page: Page = { summary, snapshot, detail, redact: hide };
  const { factsOf } = await import("../../publishing/page.ts");
  const { title } = factsOf({ summary, redact: redact === true ? redactSecrets : undefined }, snapshot.head);
  const prompts = snapshot.head.turnCount === 0 ? [] : [counted(snapshot.head.turnCount, "prompt")];
  const facts = [summary.createdAt.slice(0, 10), summary.source, ...prompts];
  return { ...entry, text: pageText(page, format, snapshot), title, about: facts.join(" · ") };
}

/** A list of pages. */
export async function indexOf(format: "md" | "html", pages: readonly Exported[]): Promise<Iterable<string>> {
  if (format === "md") return [(await import("../../publishing/markdown-page.ts")).markdownIndex(pages)];
  return (await import("../../publishing/html-page.ts")).htmlIndex(pages);
}

async function* pageText(
  page: Page,
  format: "md" | "html",
  snapshot: SessionSnapshot,
): AsyncGenerator<string> {
  try {
    if (format === "md") yield* (await import("../../publishing/markdown-page.ts")).markdownPage(page);
    else yield* (await import("../../publishing/html-page.ts")).htmlPage(page);
  } finally {
    snapshot.close();
  }
}

function noting(secrets: Set<string>): Redact {
  return (text) => {
    const redacted = redactSecrets(text);
    if (redacted !== text)
      for (const { start, end } of findSecrets(text)) secrets.add(text.slice(start, end));
    return redacted;
  };
}
