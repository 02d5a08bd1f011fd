import { basename, dirname } from "node:path";
import type { JsonObject } from "../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import { contentHash, derivedSessionId } from "../identity.ts";
import type { Beginning } from "../read/beginning.ts";

/** Whose file it is. */
export interface Owner {
  readonly id: SessionId;
  /** As the records name it; `undefined` when none does. */
  readonly named: string | undefined;
  /** A sub-agent's file. */
  readonly agentId: string | undefined;
  readonly parentId: SessionId | null;
}

/**
 * The session that a file belongs to. The file's name says it where its records agree; a file by any other name belongs
 * to the session that its last records name: a fork's file begins with the records of the session that it was copied
 * from. `undefined` when neither its beginning nor its end names one.
 */
export function ownerOf({ records, lastRecords, idInName, path }: Beginning): Owner | undefined {
  const last = lastRecords.find(isNamed) ?? records.findLast(isNamed);
  if (last === undefined) return undefined;
  const agentId = records.find(isNamed)?.["isSidechain"] === true ? agentIn(lastRecords, records) : undefined;
  const lastId = last["sessionId"] as string;
  if (agentId !== undefined) return agentOwner(path, lastId, agentId);
  const inName =
    idInName !== undefined && [...records, ...lastRecords].some((record) => record["sessionId"] === idInName);
  const named = inName ? idInName : lastId;
  return { id: sessionIdFor(named), named, agentId: undefined, parentId: null };
}

/** The id of a file of which no record names a session. */
export function namelessOwner(first: JsonObject): Owner {
  const id = derivedSessionId("claude-code", "first record", contentHash(first));
  return { id, named: undefined, agentId: undefined, parentId: null };
}

/** A session's id: its own when that is a UUID, else one derived from it. */
export function sessionIdFor(named: string): SessionId {
  const id = named.toLowerCase();
  return isSessionId(id) ? id : derivedSessionId("claude-code", "session", id);
}

/** The id of a sub-agent's session, the same whatever file names it. */
export function agentSessionId(parent: string, agentId: string): SessionId {
  return derivedSessionId("claude-code", "agent", parent.toLowerCase(), agentId);
}

function isNamed(record: JsonObject): boolean {
  return typeof record["sessionId"] === "string" && record["sessionId"] !== "";
}

function agentIn(...lists: readonly (readonly JsonObject[])[]): string | undefined {
  for (const record of lists.flat()) {
    if (typeof record["agentId"] === "string") return record["agentId"];
  }
  return undefined;
}

/** A sub-agent's records name the parent's session; else its folder does: `<session>/subagents/agent-….jsonl`. */
function agentOwner(path: string, named: string, agentId: string): Owner {
  const parent = isSessionId(named.toLowerCase()) ? named : (parentInPath(path) ?? named);
  const parentId = parent.toLowerCase();
  return {
    id: agentSessionId(parent, agentId),
    named,
    agentId,
    parentId: isSessionId(parentId) ? parentId : null,
  };
}

function parentInPath(path: string): string | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === "subagents") return basename(dirname(folder));
  }
  return undefined;
}
