import { isArchived, isPinned } from "../../../session/summary/marks.ts";
import { labelOf, type SessionSummary } from "../../../session/summary/summary.ts";
import type { SessionRow } from "../../shapes.ts";

/** A session as the page's list shows it. */
export function rowOf(summary: SessionSummary, children = 0): SessionRow {
  const { id, title, tags, createdAt, updatedAt, revision, messageCount, tokenCount, bytes } = summary;
  const { source, workspacePath, branch, prompts, model, lastMessagePreview, held, parentId } = summary;
  return {
    ...{ id, title, tags, createdAt, updatedAt, revision, messageCount, tokenCount, bytes, source, model },
    ...{ branch, prompts },
    label: labelOf(summary),
    project: workspacePath,
    preview: lastMessagePreview,
    pinned: isPinned(summary),
    archived: isArchived(summary),
    held: held === null ? null : { by: held.by, since: held.since },
    parentId,
    forkedFrom: forkOriginOf(summary),
    children,
  };
}

/** The session that a session was forked from. */
function forkOriginOf({ custom }: SessionSummary): string | null {
  const from = custom["forked_from"];
  return from === undefined ? null : from.replace(/@\d+$/, "");
}

/** Adds one for the session that this one is a sub-agent or a fork of. */
export function countAsChild({ parentId, forkedFrom }: SessionRow, children: Map<string, number>): void {
  for (const parent of parentId === forkedFrom ? [parentId] : [parentId, forkedFrom])
    if (parent !== null) children.set(parent, (children.get(parent) ?? 0) + 1);
}
