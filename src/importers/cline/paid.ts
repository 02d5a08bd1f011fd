import type { Json } from "../../session/json/json.ts";
import { objectIn } from "../draft/blocks.ts";
import { tokenNumber, type Usage } from "../draft/usage.ts";

/** What was recorded of one request to the model. */
export interface Paid {
  readonly at: string | undefined;
  readonly model: string | undefined;
  readonly usage: Usage;
  /** Dollars, as far as it is a number. */
  readonly cost: Json | undefined;
}

/** The tokens and the cost that a record names, of a request or of a whole task; `undefined` when it names none. */
export function paidIn(
  record: Json | undefined,
  at: string | undefined,
  model: string | undefined,
): Paid | undefined {
  const { tokensIn, tokensOut, cacheReads, cacheWrites, cost, totalCost } = objectIn(record);
  const usage = {
    ...{ input: tokenNumber(tokensIn), output: tokenNumber(tokensOut), reasoning: 0 },
    ...{ cacheRead: tokenNumber(cacheReads), cacheWrite: tokenNumber(cacheWrites) },
  };
  const dollars = cost ?? totalCost;
  const isAny = Object.values(usage).some((tokens) => tokens > 0) || typeof dollars === "number";
  return isAny ? { at, model, usage, cost: dollars } : undefined;
}
