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
  readonly #sums = new Map<string, { hour: string; model: string; usage: Usage }>();
  readonly #counted = new Map<string, { row: string; usage: Usage }>();
  /** Recorded by the agent, in dollars. */
  cost = 0;

  /** @param key what makes a repetition recognisable; without one it is counted each time. */
  add(key: string | undefined, at: string | undefined, model: string | null, usage: Usage): void {
    const hour = /^\d{4}-\d\d-\d\d[Tt]\d\d/.exec(at ?? "")?.[0].toUpperCase() ?? "";
    const before = key === undefined ? undefined : this.#counted.get(key);
    if (before !== undefined) this.#change(before.row, before.usage, -1);
    const row = JSON.stringify([hour, model ?? ""]);
    if (!this.#sums.has(row)) this.#sums.set(row, { hour, model: model ?? "", usage: NO_USAGE });
    this.#change(row, usage, 1);
    if (key !== undefined) this.#counted.set(key, { row, usage });
  }

  #change(row: string, usage: Usage, sign: 1 | -1): void {
    const found = this.#sums.get(row);
    if (found === undefined) return;
    const sum = { ...found.usage };
    for (const key of KEYS) sum[key] += sign * usage[key];
    found.usage = sum;
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
    if (rows.length === 0 && this.cost === 0) return undefined;
    return this.cost === 0 ? { tokens: rows } : { tokens: rows, cost_usd: Number(this.cost.toFixed(9)) };
  }
}
