import { PREVIEWED, previewOf } from "../../../session/summary/summary.ts";
import type { AppliedCommit } from "../../apply-commit.ts";

/** The last message with text, as far as a writer knows it. */
interface KnownPreview {
  readonly text: string;
  readonly position: number;
}

/** `none`: no message has text; `unknown`: the session must be read to know. */
type Preview = KnownPreview | "none" | "unknown";

type Change = Pick<AppliedCommit, "start" | "deleteCount" | "inserted" | "messageCount">;

/** So many commits, with so many messages, are kept before their text is looked at. */
const MOST_CHANGES = 64;
const MOST_MESSAGES = 64;

/** The preview of a session that is being written. A save only notes what it brought; the text is looked at later. */
export class PreviewTracker {
  #preview: Preview;
  #changes: Change[] = [];
  #messages = 0;

  /** @param isNew whether the session begins here; otherwise it must be read to know what it has. */
  constructor(isNew: boolean) {
    this.#preview = isNew ? "none" : "unknown";
  }

  note(change: Change): void {
    this.#changes.push(change);
    this.#messages += change.inserted.length;
    if (this.#changes.length > MOST_CHANGES || this.#messages > MOST_MESSAGES) this.#catchUp();
  }

  /** What a summary shows of it; `undefined` when the session must be read. */
  shown(messageCount: number): string | null | undefined {
    this.#catchUp();
    const preview = this.#preview;
    if (preview === "unknown") return undefined;
    if (preview === "none" || messageCount - preview.position > PREVIEWED) return null;
    return preview.text;
  }

  #catchUp(): void {
    const changes = this.#changes;
    this.#changes = [];
    this.#messages = 0;
    // What came before a message with text at the end does not matter.
    let behind = changes.length;
    let found: KnownPreview | undefined;
    while (behind > 0 && found === undefined) {
      const change = changes[--behind];
      found = change && previewAtEnd(change);
    }
    if (found !== undefined) {
      this.#preview = found;
      behind++;
    }
    for (const change of changes.slice(behind)) this.#preview = previewAfter(this.#preview, change);
  }
}

/** The last message with text of those that a commit put at the end. */
function previewAtEnd({ start, inserted, messageCount }: Change): KnownPreview | undefined {
  if (start + inserted.length !== messageCount) return undefined;
  for (let index = inserted.length - 1; index >= Math.max(inserted.length - PREVIEWED, 0); index--) {
    const message = inserted[index];
    const text = message === undefined ? undefined : previewOf(message);
    if (text !== undefined) return { text, position: start + index };
  }
  return undefined;
}

/** The preview after a commit that put no text at the end. */
function previewAfter(before: Preview, { start, deleteCount, inserted, messageCount }: Change): Preview {
  const isAtEnd = start + inserted.length === messageCount;
  if (deleteCount === 0 && inserted.length === 0) return before;
  if (before === "none") return isAtEnd ? "none" : "unknown";
  if (before === "unknown") return "unknown";
  if (before.position < start) return isAtEnd || inserted.length === 0 ? before : "unknown";
  if (before.position < start + deleteCount) return "unknown";
  return { text: before.text, position: before.position + inserted.length - deleteCount };
}
