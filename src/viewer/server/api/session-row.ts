import { isArchived, isPinned } from "../../../session/summary/marks.ts";
import { labelOf, type SessionSummary } from "../../../session/summary/summary.ts";
import { timeMs } from "../../../session/time.ts";
import type { SessionRow } from "../../shapes.ts";

/** A row, and what there is to know of its session beside it. */
export interface Listed {
  readonly row: SessionRow;
  /** In milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  /** The day of its last change where the viewer runs: `2026-01-31`. */
  readonly day: string;
  /** Messages and tokens without those that a fork took over: they were said in the other session. */
  readonly messages: number;
  readonly tokens: number;
}

export function listedOf(summary: SessionSummary): Listed {
  const { createdAt, updatedAt, messageCount, takenOver, tokenCount, takenOverTokens } = summary;
  const updated = timeMs(updatedAt) || 0;
  return {
    row: rowOf(summary),
    created: timeMs(createdAt) || 0,
    updated,
    day: dayOf(updated),
    messages: messageCount - takenOver,
    tokens: tokenCount - takenOverTokens,
  };
}

function dayOf(time: number): string {
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

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
