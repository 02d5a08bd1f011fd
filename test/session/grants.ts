import type { JsonObject } from "../../src/session/json/json.ts";

/** A grant as Astrid writes it. */
export const ALLOWANCE = {
  id: "0d9c1b5e-8f4e-4b0e-9d7e-0d6f1c9a0001",
  action_pattern: { type: "exact_tool", server: "fs", tool: "read" },
  created_at: "2026-02-20T10:11:12Z",
  expires_at: null,
  max_uses: 5,
  uses_remaining: 4,
  session_only: true,
  workspace_root: null,
  signature: `${"A".repeat(86)}==`,
} satisfies JsonObject;

/** What a session has spent, as Astrid writes it. */
export function budget(spent: number): JsonObject {
  return {
    session_spent_usd: spent,
    config: { session_max_usd: 10, per_action_max_usd: 1, warn_at_percent: 80 },
    last_updated: "2026-02-20T10:11:12Z",
  };
}
