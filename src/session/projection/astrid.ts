import type { PartReader } from "./collector.ts";

/** Astrid's calls and results, told apart by their keys: they have no `type`. */
export const readAstridPart: PartReader = (part, into) => {
  if (typeof part["call_id"] === "string" && part["content"] !== undefined) {
    into.result(part["call_id"], part["content"], part["is_error"] === true);
    return true;
  }
  const input = part["arguments"] ?? part["args"];
  if (typeof part["name"] !== "string" || input === undefined) return false;
  into.call(part["id"], part["name"], input);
  return true;
};
