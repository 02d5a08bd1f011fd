import { basename, dirname } from "node:path";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import { textIn } from "../draft/blocks.ts";
import { derivedSessionId } from "../identity.ts";
import type { Importer } from "../importer.ts";
import type { Beginning } from "../read/beginning.ts";
import { KimiCodeReader } from "./kimi-code-reader.ts";

/**
 * Kimi Code's `wire.jsonl`: what happened to an agent's context, an event on each line behind a line on the protocol. A
 * session is a folder, `<session>/agents/<agent>/wire.jsonl`, in which `main` is its own agent and each other one that
 * of a call. Kimi CLI has files of that name too, of other records: there `context.jsonl` is the conversation.
 */
export const kimiCode: Importer = {
  format: "kimi-code",
  version: 1,
  shape: "lines",
  recognises: ({ path, records }) => {
    const [first, second] = records;
    if (first?.["type"] !== "metadata" || typeof first["protocol_version"] !== "string") return false;
    if (second === undefined) return /\/agents\/[^/]+\/wire\.jsonl$/.test(path.replaceAll("\\", "/"));
    return records.some((record) => /^[a-z_]+\.[a-z_]+$/.test(textIn(record["type"]) ?? ""));
  },
  isRecord: ({ type }) => typeof type === "string",
  begin: (harvest) => {
    const { session, agent } = placeOf(harvest.beginning);
    const { main } = harvest;
    const own = sessionIdFor(session);
    const isMain = agent === undefined || agent === "main";
    main.id = isMain ? own : derivedSessionId("kimi-code", "agent", session, agent);
    main.parentId = isMain ? null : own;
    return new KimiCodeReader(harvest, session);
  },
};

/** By the folders that it lies in; a file that lies elsewhere is named by its folder. */
function placeOf({ path }: Beginning): { readonly session: string; readonly agent: string | undefined } {
  const folder = dirname(path);
  const isInPlace = basename(dirname(folder)) === "agents";
  if (!isInPlace) return { session: basename(folder), agent: undefined };
  return { session: basename(dirname(dirname(folder))), agent: basename(folder) };
}

function sessionIdFor(named: string): SessionId {
  const id = named.replace(/^session_/, "").toLowerCase();
  return isSessionId(id) ? id : derivedSessionId("kimi-code", "session", named);
}
