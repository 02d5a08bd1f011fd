export { chatStore, type Chat, type ChatChange, type ChatStore, type ChatTurn } from "./chat-store.ts";
export type { ChatSchemas } from "./chat-messages.ts";
