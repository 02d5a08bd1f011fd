import { jsonText } from "../json/json.ts";
import type { Message } from "../message.ts";

/** A summary that stands for the beginning of a conversation when a model is sent it. */
export interface Compaction {
  readonly summary: string;
  /** How many messages it stands for, from the first. */
  readonly upTo: number;
  /** When it was made, RFC 3339. */
  readonly at: string;
}

/**
 * What tells whether the messages that a compaction stands for are still there: the length of the last one's JSON text.
 * Whoever replaces the beginning of a conversation outside of this package does not know of compactions.
 */
export function boundaryOf(message: Message): number {
  return jsonText(message).length;
}
