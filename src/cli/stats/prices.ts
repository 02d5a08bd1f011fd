import { readFileSync } from "node:fs";
import { usageError } from "../exit-code.ts";
import { TOKEN_KINDS, type Tokens } from "./amounts.ts";

/** LiteLLM's names of a token's price in dollars. */
const PRICE_KEYS = {
  input: "input_cost_per_token",
  output: "output_cost_per_token",
  cacheRead: "cache_read_input_token_cost",
  cacheWrite: "cache_creation_input_token_cost",
} as const;

type ModelPrices = Readonly<Record<string, unknown>>;

export interface Estimate {
  /** `null` when none of the tokens has a price. */
  readonly cost: number | null;
  readonly unpriced: number;
}

/** A list of prices, as LiteLLM publishes it (`model_prices_and_context_window.json`). */
export class Prices {
  readonly #exact: ReadonlyMap<string, ModelPrices>;
  /** By what stands behind the provider: `anthropic/claude-x` is `claude-x`. */
  readonly #named = new Map<string, ModelPrices>();

  constructor(list: Readonly<Record<string, unknown>>) {
    const entries = Object.entries(list).filter(
      (entry): entry is [string, ModelPrices] => typeof entry[1] === "object" && entry[1] !== null,
    );
    this.#exact = new Map(entries);
    for (const [name, prices] of entries) {
      const bare = name.slice(name.lastIndexOf("/") + 1);
      if (!this.#named.has(bare)) this.#named.set(bare, prices);
    }
  }

  /** What tokens cost. A kind without a price of its own is told, not taken for nothing. */
  estimate(model: string, tokens: Tokens): Estimate {
    const prices = this.#exact.get(model) ?? this.#named.get(model.slice(model.lastIndexOf("/") + 1));
    let cost: number | null = null;
    let unpriced = 0;
    for (const kind of TOKEN_KINDS) {
      // Reasoning is part of the output.
      if (kind === "reasoning" || tokens[kind] === 0) continue;
      const price = prices?.[PRICE_KEYS[kind]];
      if (typeof price === "number" && Number.isFinite(price) && price >= 0)
        cost = (cost ?? 0) + price * tokens[kind];
      else unpriced += tokens[kind];
    }
    return { cost, unpriced };
  }
}

/** @throws {CommandError} when it is no list of prices. */
export function readPrices(file: string): Prices {
  let list: unknown;
  try {
    list = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw usageError(`Cannot read prices from ${file}: ${whyNot(error)}.`);
  }
  if (typeof list !== "object" || list === null || Array.isArray(list))
    throw usageError(`${file} is no list of prices: it must be an object by model, as LiteLLM publishes it.`);
  const isPriced = Object.values(list).some(
    (prices) => typeof prices === "object" && prices !== null && PRICE_KEYS.input in prices,
  );
  if (!isPriced) throw usageError(`${file} is no list of prices: no model in it has ${PRICE_KEYS.input}.`);
  return new Prices(list as Readonly<Record<string, unknown>>);
}

function whyNot(error: unknown): string {
  if (error instanceof SyntaxError) return "it is no JSON";
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES") return "permission is denied";
  return (error as Error).message;
}
