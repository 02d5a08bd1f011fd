import type { SessionKey } from "@anthropic-ai/claude-agent-sdk";
import { frozenJson, isJsonObject, type JsonObject } from "../../session/json/json.ts";
import type { SessionHead } from "../../session/head.ts";

/** Where it stands among a session's `extra` keys. */
const KEY = "claude_agent_sdk";

/** What the SDK has to know of a session beside its entries. */
export interface Origin {
  readonly projectKey: string;
  readonly sessionId: string;
  readonly subpath: string | undefined;
  /** The `data` of the SDK's summary: the SDK's own, whatever it is. */
  readonly summary: JsonObject;
}

/** What was noted with `withOrigin`; `undefined` for a session that came here another way. */
export function originOf(head: SessionHead): Origin | undefined {
  const noted = head.extra[KEY];
  if (!isJsonObject(noted)) return undefined;
  const { project_key: projectKey, session_id: sessionId, subpath, summary } = noted;
  if (typeof projectKey !== "string" || typeof sessionId !== "string") return undefined;
  return {
    projectKey,
    sessionId,
    subpath: typeof subpath === "string" ? subpath : undefined,
    summary: summary !== undefined && isJsonObject(summary) ? summary : {},
  };
}

/** A head's `extra` with the origin in it. */
export function withOrigin(extra: JsonObject, key: SessionKey, summary: Record<string, unknown>): JsonObject {
  const { projectKey, sessionId, subpath } = key;
  const noted = { project_key: projectKey, session_id: sessionId, subpath, summary };
  return { ...extra, [KEY]: frozenJson(noted, KEY) };
}
