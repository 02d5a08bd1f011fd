import type { JsonObject } from "../../session/json/json.ts";
import type { Importer } from "../importer.ts";
import { objectIn } from "../draft/blocks.ts";
import { CodexReader } from "./codex-reader.ts";

/** Codex's rollouts: lines `{timestamp, type, payload}`, plain or compressed. */
export const codex: Importer = {
  format: "codex",
  version: 1,
  shape: "lines",
  recognises: ({ records }) =>
    records.some(
      ({ type, payload }) => type === "session_meta" && typeof objectIn(payload)["id"] === "string",
    ) || records.filter(isRollout).length > 1,
  isRecord: isRollout,
  begin: (harvest) => new CodexReader(harvest),
};

const TYPES = new Set([
  "session_meta",
  "response_item",
  "event_msg",
  "turn_context",
  "compacted",
  "world_state",
]);

function isRollout({ type, payload, timestamp }: JsonObject): boolean {
  return (
    typeof type === "string" && TYPES.has(type) && typeof payload === "object" && timestamp !== undefined
  );
}
