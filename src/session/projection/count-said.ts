import { isBeside, type Message } from "../message.ts";
import { projectMessage } from "./project-message.ts";
import { isPrompt } from "./prompts.ts";

/** What was said and done in a conversation. */
export interface Said {
  /** How often a person spoke. */
  readonly prompts: number;
  /** How many tools were called. */
  readonly calls: number;
}

export function countSaid(messages: readonly Message[]): Said {
  let [prompts, calls] = [0, 0];
  for (const message of messages) {
    if (isBeside(message)) continue;
    if (isPrompt(message)) prompts++;
    calls += projectMessage(message).toolCalls.length;
  }
  return { prompts, calls };
}
