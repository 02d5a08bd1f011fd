export { openaiSession, type OpenAISession, type OpenAISessionOptions } from "./openai-session.ts";
export { recorded, type Recording } from "./recorded.ts";
