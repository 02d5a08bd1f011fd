import type { Message } from "../message.ts";

/** Estimates how many tokens a message adds to the context. */
export type TokenEstimator = (message: Message) => number;

/** Astrid's estimate: text counts its UTF-8 bytes divided by four, rounded down; anything else counts 100. */
export const estimateTokens: TokenEstimator = (message) =>
  typeof message.content === "string" ? Math.floor(Buffer.byteLength(message.content) / 4) : 100;

/** How many tokens messages add together. */
export function tokensIn(messages: readonly Message[], estimate: TokenEstimator): number {
  return messages.reduce((sum, message) => sum + estimate(message), 0);
}
