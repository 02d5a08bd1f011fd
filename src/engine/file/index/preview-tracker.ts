import { PREVIEWED, previewOf } from "../../../session/summary.ts";
import type { AppliedCommit } from "../../apply-commit.ts";

/** The last message with text, as far as a writer knows it. */
export interface KnownPreview {
  readonly text: string;
  readonly position: number;
}

/** `none`: no message has text; `unknown`: the session must be read to know. */
export type Preview = KnownPreview | "none" | "unknown";

type Change = Pick<AppliedCommit, "start" | "deleteCount" | "inserted" | "messageCount">;

/** The preview after a commit; looks at what the commit brought, from its end, and no further than it must. */
export function previewAfter(
  before: Preview,
  { start, deleteCount, inserted, messageCount }: Change,
): Preview {
  const isAtEnd = start + inserted.length === messageCount;
  if (isAtEnd) {
    for (let index = inserted.length - 1; index >= Math.max(inserted.length - PREVIEWED, 0); index--) {
      const message = inserted[index];
      const text = message === undefined ? undefined : previewOf(message);
      if (text !== undefined) return { text, position: start + index };
    }
  }
  if (deleteCount === 0 && inserted.length === 0) return before;
  if (before === "none") return isAtEnd ? "none" : "unknown";
  if (before === "unknown") return "unknown";
  if (before.position < start) return isAtEnd || inserted.length === 0 ? before : "unknown";
  if (before.position < start + deleteCount) return "unknown";
  return { text: before.text, position: before.position + inserted.length - deleteCount };
}

/** What a summary shows of it; `undefined` when the session must be read. */
export function shownPreview(preview: Preview, messageCount: number): string | null | undefined {
  if (preview === "unknown") return undefined;
  if (preview === "none" || messageCount - preview.position > PREVIEWED) return null;
  return preview.text;
}
