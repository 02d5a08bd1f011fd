import type { JsonObject } from "../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import { objectIn, textIn } from "../draft/blocks.ts";
import { contentHash, derivedSessionId } from "../identity.ts";
import type { Beginning } from "../read/beginning.ts";

/**
 * The session that a rollout belongs to: by its name where a record agrees, else by its records. A fork's rollout begins
 * with a copy of the rollout that it was made from, whose `session_meta` may come first.
 */
export function rolloutId({ records, lastRecords, idInName }: Beginning): string | undefined {
  const metas = [...records, ...lastRecords].filter(({ type }) => type === "session_meta");
  const payloads = metas.map(({ payload }) => objectIn(payload));
  const ids = payloads.map(({ id }) => textIn(id));
  if (idInName !== undefined && (ids.includes(idInName) || ids.length === 0)) return idInName;
  return (
    textIn(payloads.find(({ forked_from_id: from }) => from !== undefined)?.["id"]) ?? ids[0] ?? idInName
  );
}

export function sessionIdFor(named: string): SessionId {
  const id = named.toLowerCase();
  return isSessionId(id) ? id : derivedSessionId("codex", "session", named);
}

export function namelessId(first: JsonObject): SessionId {
  return derivedSessionId("codex", "first record", contentHash(first));
}

/** When an id of version 7 was made, in milliseconds since 1970. */
export function timeOfId(id: string | undefined): number | undefined {
  if (id === undefined || !/^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(id)) return undefined;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
