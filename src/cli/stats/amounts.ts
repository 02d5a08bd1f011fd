/** Tokens, each counted once. */
export interface Tokens {
  /** Sent to the model, without what came from or went into its cache. */
  input: number;
  /** What the model answered, its reasoning included. */
  output: number;
  cacheRead: number;
  cacheWrite: number;
  /** Of `output`, as far as the agent tells it. */
  reasoning: number;
}

/** What a group of sessions comes to. */
export interface Amounts extends Tokens {
  sessions: number;
  /** Of those, the sessions of sub-agents. */
  subagents: number;
  prompts: number;
  calls: number;
  /** Dollars that agents themselves recorded; `null`: none did. */
  costRecorded: number | null;
  /** Dollars by a list of prices; `null`: nothing of it has a price. */
  costEstimated: number | null;
  /** Tokens for which the list has no price. */
  tokensUnpriced: number;
}

export const TOKEN_KINDS = ["input", "output", "cacheRead", "cacheWrite", "reasoning"] as const;

export function noAmounts(): Amounts {
  return {
    ...{ sessions: 0, subagents: 0, prompts: 0, calls: 0 },
    ...{ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
    ...{ costRecorded: null, costEstimated: null, tokensUnpriced: 0 },
  };
}

/** Everything that was sent and answered; reasoning is part of the output. */
export function totalTokens({ input, output, cacheRead, cacheWrite }: Tokens): number {
  return input + output + cacheRead + cacheWrite;
}

export function addTokens(into: Tokens, tokens: Tokens): void {
  for (const kind of TOKEN_KINDS) into[kind] += tokens[kind];
}

/** `null` stays unless something is known. */
export function addCost(sum: number | null, cost: number | null): number | null {
  return cost === null ? sum : (sum ?? 0) + cost;
}
