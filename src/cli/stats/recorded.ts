import { isJsonObject, type Json } from "../../session/json/json.ts";
import { countSaid, type Said } from "../../session/projection/count-said.ts";
import type { SessionSnapshot } from "../../store/reading/snapshot.ts";
import type { Tokens } from "./amounts.ts";

/** Tokens that a model took within an hour. */
export interface UsageRow {
  /** `2026-01-31T12`, UTC; empty where no time was recorded. */
  readonly hour: string;
  /** Empty where it is not known. */
  readonly model: string;
  readonly tokens: Tokens;
}

/** Dollars that a model took within an hour, as the agent recorded them. */
export type CostRow = Omit<UsageRow, "tokens"> & { readonly cost: number };

/** What an importer recorded of a session's tokens, as its head keeps it (docs/importing.md). */
export interface Recorded {
  readonly own: readonly UsageRow[];
  /** Of sub-agents, by their sessions. */
  readonly subagents: ReadonlyMap<string, readonly UsageRow[]>;
  /** Of the whole session, as far as the agent does not say when. */
  readonly cost: number | null;
  readonly costs: readonly CostRow[];
}

export function recordedIn(usage: Json | undefined): Recorded | undefined {
  if (!isJsonObject(usage)) return undefined;
  const { subagents, cost_usd: cost } = usage;
  const others = isJsonObject(subagents) ? Object.entries(subagents) : [];
  const costs = costsIn(usage["costs"]);
  const rest = typeof cost === "number" ? costs.reduce((left, row) => left - row.cost, cost) : 0;
  return {
    own: rowsIn(usage["tokens"]),
    subagents: new Map(others.map(([id, rows]) => [id, rowsIn(rows)] as const)),
    cost: costs.length === 0 && typeof cost === "number" ? cost : rest > SMALLEST_COST ? rest : null,
    costs,
  };
}

/** Less is what adding up leaves behind. */
const SMALLEST_COST = 1e-6;

function costsIn(rows: Json | undefined): CostRow[] {
  if (!Array.isArray(rows)) return [];
  return (rows as readonly Json[]).flatMap((row): CostRow[] => {
    const [hour, model, cost] = Array.isArray(row) ? (row as readonly Json[]) : [];
    if (typeof hour !== "string" || typeof model !== "string" || typeof cost !== "number") return [];
    return [{ hour, model, cost }];
  });
}

function rowsIn(rows: Json | undefined): UsageRow[] {
  if (!Array.isArray(rows)) return [];
  return (rows as readonly Json[]).flatMap((row): UsageRow[] => {
    if (!Array.isArray(row)) return [];
    const [hour, model, ...numbers] = row as readonly Json[];
    const [input = 0, output = 0, cacheRead = 0, cacheWrite = 0, reasoning = 0] = numbers.map((value) =>
      typeof value === "number" ? value : 0,
    );
    const names = {
      hour: typeof hour === "string" ? hour : "",
      model: typeof model === "string" ? model : "",
    };
    return [{ ...names, tokens: { input, output, cacheRead, cacheWrite, reasoning } }];
  });
}

/** Prompts and calls among the first messages of a session, or among all. */
export async function saidIn(snapshot: SessionSnapshot, limit?: number): Promise<Said> {
  let [prompts, calls] = [0, 0];
  for await (const { message } of snapshot.messages({ limit })) {
    const said = countSaid([message]);
    prompts += said.prompts;
    calls += said.calls;
  }
  return { prompts, calls };
}
