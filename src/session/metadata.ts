import type { SessionHead } from "./head.ts";
import { splitAutoTitle } from "./summary/title.ts";

/** Title, tags and counters of a session. Assign to its properties; the next save stores them. */
export interface SessionMetadata {
  title: string | null;
  tags: readonly string[];
  turnCount: number;
  toolCallCount: number;
  approvalCount: number;
  /** Your own strings. */
  custom: Record<string, string>;
}

/** The metadata that a head holds, for its session to change. */
export function metadataOf(head: SessionHead): SessionMetadata {
  const { title, tags, turnCount, toolCallCount, approvalCount, custom } = head;
  return {
    title,
    tags: [...tags],
    turnCount,
    toolCallCount,
    approvalCount,
    custom: { ...splitAutoTitle(custom).custom },
  };
}
