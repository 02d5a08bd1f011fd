export type { Chat, ChatChange, ChatPage, ChatQuery, ChatRequest, ChatSummary } from "./chat.ts";
export { chatSessionId } from "./chat-id.ts";
export type { ChatSchemas } from "./chat-messages.ts";
export { chatStore, type ChatStore } from "./chat-store.ts";
export type { ChatTurn } from "./chat-turn.ts";
