import type { JsonObject } from "../../session/json/json.ts";

/** Tokens as an agent recorded them for one answer of a model. */
export interface Usage {
  /** Sent to the model, without what came from or went into its cache. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Part of `output`, where the agent tells it. */
  readonly reasoning: number;
}

export const NO_USAGE: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

const KEYS = ["input", "output", "cacheRead", "cacheWrite", "reasoning"] as const;

/** A number that can be counted with; anything else counts as nothing. */
export function tokenNumber(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/**
 * Adds up what was recorded, by the hour (UTC) and model, so that any local day can be made of it. Something that is
 * recorded again under the same key takes the place of what was there before.
 */
export class UsageTable {
  readonly #sums = new Map<string, { hour: string; model: string; usage: Usage; cost: number }>();
  readonly #counted = new Map<string, { row: string; usage: Usage; cost: number }>();
  /** Recorded by the agent for the whole session, in dollars; beside what is added with a time. */
  cost = 0;

  /**
   * @param key what makes a repetition recognisable; without one it is counted each time.
   * @param told what the agent recorded that it cost, in dollars; what is no such number counts as nothing.
   */
  add(
    key: string | undefined,
    at: string | undefined,
    model: string | null,
    usage: Usage,
    told?: unknown,
  ): void {
    const cost = typeof told === "number" && Number.isFinite(told) && told > 0 ? told : 0;
    const hour = /^\d{4}-\d\d-\d\d[Tt]\d\d/.exec(at ?? "")?.[0].toUpperCase() ?? "";
    const before = key === undefined ? undefined : this.#counted.get(key);
    if (before !== undefined) this.#change(before.row, before, -1);
    const row = JSON.stringify([hour, model ?? ""]);
    if (!this.#sums.has(row)) this.#sums.set(row, { hour, model: model ?? "", usage: NO_USAGE, cost: 0 });
    this.#change(row, { usage, cost }, 1);
    if (key !== undefined) this.#counted.set(key, { row, usage, cost });
  }

  #change(row: string, { usage, cost }: { usage: Usage; cost: number }, sign: 1 | -1): void {
    const found = this.#sums.get(row);
    if (found === undefined) return;
    const sum = { ...found.usage };
    for (const key of KEYS) sum[key] += sign * usage[key];
    found.usage = sum;
    found.cost += sign * cost;
  }

  /** `[hour, model, input, output, cache read, cache write, reasoning]` for each hour and model. */
  rows(): readonly (readonly [string, string, number, number, number, number, number])[] {
    return [...this.#sums.values()]
      .filter(({ usage }) => KEYS.some((key) => usage[key] !== 0))
      .map(({ hour, model, usage: u }) => [
        hour,
        model,
        u.input,
        u.output,
        u.cacheRead,
        u.cacheWrite,
        u.reasoning,
      ]);
  }

  /** As a session's head keeps it; `undefined` when nothing was recorded. */
  toJson(): JsonObject | undefined {
    const rows = this.rows();
    const costs = [...this.#sums.values()]
      .map(({ hour, model, cost }) => [hour, model, rounded(cost)] as const)
      .filter(([, , cost]) => cost > 0);
    const cost = rounded(costs.reduce((sum, [, , one]) => sum + one, this.cost));
    if (rows.length === 0 && cost === 0) return undefined;
    return {
      tokens: rows,
      ...(cost === 0 ? {} : { cost_usd: cost }),
      ...(costs.length === 0 ? {} : { costs }),
    };
  }
}

/** Without what adding up in binary leaves behind. */
function rounded(dollars: number): number {
  return Number(dollars.toFixed(9));
}
