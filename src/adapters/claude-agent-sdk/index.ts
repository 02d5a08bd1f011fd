export { claudeSessionStore } from "./claude-session-store.ts";
export { claudeSessionId } from "./session-key.ts";
