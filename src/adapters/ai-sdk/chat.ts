import type { UIMessage } from "ai";
import type { ListQuery } from "../../index.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { RequestKind } from "./work-in.ts";

/** A chat as it is stored. */
export interface Chat<UI extends UIMessage> {
  readonly id: string;
  /** The session that it is in the store. */
  readonly sessionId: SessionId;
  readonly title: string | null;
  readonly messages: UI[];
  /** The stream that is being sent, for a client that comes back; `null` when there is none. */
  readonly activeStreamId: string | null;
}

/** What `saveChat` stores. */
export interface ChatChange<UI extends UIMessage> extends RequestKind {
  readonly chatId: string;
  /** The chat's messages as the client or the stream has them. Left out: they stay. */
  readonly messages?: readonly UI[] | undefined;
  /** Left out: it stays. `null`: there is none any more. */
  readonly activeStreamId?: string | null | undefined;
  /** Left out: it stays. `null`: there is none any more. */
  readonly title?: string | null | undefined;
}

/** What a client's request holds. */
export interface ChatRequest<UI extends UIMessage> extends RequestKind {
  readonly chatId: string;
  /** All messages that the client has, as `useChat` sends them by itself. */
  readonly messages?: readonly UI[] | undefined;
  /** Only the one that the request is about: that of `messageId`, else the last. Not looked at where `messages` are. */
  readonly message?: UI | undefined;
}

/** A chat in a list. */
export interface ChatSummary {
  readonly id: string;
  readonly sessionId: SessionId;
  readonly title: string | null;
  /** How the last message that has text begins, on one line. */
  readonly preview: string | null;
  readonly messageCount: number;
  /** RFC 3339. */
  readonly createdAt: string;
  /** When the chat was last stored, RFC 3339. */
  readonly updatedAt: string;
}

/** Which chats are listed: last changed first, all of them unless `limit` says otherwise. */
export type ChatQuery = Pick<ListQuery, "limit" | "cursor" | "titleMatches" | "since" | "until">;

export interface ChatPage {
  readonly chats: ChatSummary[];
  /** For the next page; `undefined` when this is the last one. */
  readonly nextCursor: string | undefined;
}
