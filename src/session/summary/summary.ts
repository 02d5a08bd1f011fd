import { withoutControlSequences } from "./control-sequences.ts";
import type { SessionHead } from "../head.ts";
import type { Holder } from "./holder.ts";
import { isBeside, type Message } from "../message.ts";
import { cutText } from "../json/outgoing-text.ts";
import { projectMessage } from "../projection/project-message.ts";
import type { SessionId } from "../session-id.ts";
import { takenOverOf, takenOverTokensOf } from "../taken-over.ts";
import { splitAutoTitle } from "./title.ts";

/** What a list shows of a session: everything but its messages. */
export interface SessionSummary {
  readonly id: SessionId;
  /** The title that somebody gave it. */
  readonly title: string | null;
  /** The title that it has by itself: how the first thing begins that a person said, where that is known. */
  readonly autoTitle: string | null;
  readonly tags: readonly string[];
  readonly userId: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** When the last commit was stored, RFC 3339; for a document that Astrid wrote, the time of the file. */
  readonly updatedAt: string;
  readonly revision: number;
  readonly messageCount: number;
  /** Of a fork: how many of its first messages it took over. They were said in the other session. */
  readonly takenOver: number;
  /**
   * How often a person spoke, as whoever keeps the session has counted it (`metadata.turnCount`); `null` where nobody
   * has. Importers count what was typed, and neither results nor what programs put into a person's name.
   */
  readonly prompts: number | null;
  readonly tokenCount: number;
  /** Of a fork: how many of its tokens are those of the messages that it took over. */
  readonly takenOverTokens: number;
  readonly workspacePath: string | null;
  readonly workspaceId: string | null;
  /** The branch that was checked out in the workspace when the session was saved last. */
  readonly branch: string | null;
  /** The session that this one is a sub-agent of. */
  readonly parentId: SessionId | null;
  readonly model: string | null;
  /** The session's own strings (`metadata.custom`). */
  readonly custom: Readonly<Record<string, string>>;
  /** Which program or framework made it: `custom.source`, and `astrid` where that is absent. */
  readonly source: string;
  /** Bytes that the session takes in the store. */
  readonly bytes: number;
  /** How the last message that has text begins, on one line; `null` when none of the last `PREVIEWED` has. */
  readonly lastMessagePreview: string | null;
  /** Who holds the session now, under a lease. */
  readonly held: Holder | null;
  /** It is packed: in little room, and unseen by Astrid, until it is written to. */
  readonly packed?: true;
}

/** What of a summary is taken from the session's head. */
type ListedHead = Pick<
  SessionHead,
  | "title"
  | "tags"
  | "userId"
  | "createdAt"
  | "tokenCount"
  | "turnCount"
  | "gitState"
  | "workspacePath"
  | "workspaceId"
  | "parentId"
  | "model"
  | "custom"
>;

/** The summary of a session with this head. Who holds it is not known to the session itself. */
export function summaryOf(
  id: SessionId,
  head: ListedHead,
  rest: Pick<
    SessionSummary,
    "revision" | "updatedAt" | "messageCount" | "bytes" | "lastMessagePreview" | "packed"
  >,
  held: Holder | null = null,
): SessionSummary {
  const { title, tags, userId, createdAt, tokenCount, workspacePath, workspaceId, parentId, model } = head;
  const { turnCount, gitState } = head;
  const { custom, autoTitle } = splitAutoTitle(head.custom);
  const { revision, updatedAt, messageCount, bytes, lastMessagePreview, packed } = rest;
  return {
    id,
    title,
    autoTitle,
    tags,
    userId,
    createdAt,
    updatedAt,
    revision,
    messageCount,
    takenOver: takenOverOf(custom, messageCount),
    prompts: turnCount === 0 ? null : turnCount,
    tokenCount,
    takenOverTokens: takenOverTokensOf(custom, messageCount, tokenCount),
    workspacePath,
    workspaceId,
    branch: gitState?.branch ?? null,
    parentId,
    model,
    custom,
    source: custom["source"] ?? OWN_SOURCE,
    bytes,
    lastMessagePreview,
    held,
    ...(packed === true ? { packed } : {}),
  };
}

/** The source of a session that names none. */
export const OWN_SOURCE = "astrid";

/** So many messages, from the end, are looked at for a preview. */
export const PREVIEWED = 100;

const LONGEST_PREVIEW = 120;
/** Enough to find that many characters behind blank lines. */
const LOOKED_AT = 480;

/** One line of ASCII, of which each character is one. */
const PLAIN = /^[\x20-\x7e]*$/;

/** How a message's text begins, on one line; `undefined` when it has none. Notes beside the conversation have none. */
export function previewOf(message: Message): string | undefined {
  if (isBeside(message)) return undefined;
  const start = withoutControlSequences(projectMessage(message).text.slice(0, LOOKED_AT));
  const isPlain = PLAIN.test(start);
  // Single spaces, of which there are most, stay as they are.
  const line = start.replace(isPlain ? / {2,}/g : /[\s\p{Cc}]{2,}|[^\S ]|\p{Cc}/gu, " ").trim();
  if (line === "") return undefined;
  if (line.length <= LONGEST_PREVIEW) return line;
  return cutText(line, LONGEST_PREVIEW);
}

/** The preview of a session that ends with these messages. */
export function lastPreviewOf(messages: readonly Message[]): string | null {
  for (let index = messages.length - 1; index >= Math.max(messages.length - PREVIEWED, 0); index--) {
    const message = messages[index];
    const preview = message === undefined ? undefined : previewOf(message);
    if (preview !== undefined) return preview;
  }
  return null;
}

/** What a list calls a session: its title, else the one that it has by itself, else how its last message begins. */
export function labelOf(
  summary: Pick<SessionSummary, "id" | "title" | "autoTitle" | "lastMessagePreview">,
): string {
  return titleOf(summary) ?? summary.lastMessagePreview ?? displayTitle(summary);
}

/** The title that somebody gave a session, else the one that it has by itself. */
export function titleOf({ title, autoTitle = null }: Titled): string | null {
  return title ?? autoTitle;
}

/** The title, else the one that it has by itself, else `Session 1a2b3c4d` from the id's first eight digits. */
export function displayTitle(summary: Pick<SessionSummary, "id"> & Titled): string {
  return titleOf(summary) ?? `Session ${summary.id.slice(0, 8)}`;
}

interface Titled {
  readonly title: string | null;
  readonly autoTitle?: string | null | undefined;
}
