import type { SessionHead } from "../../session/head.ts";
import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";

/** Where it stands among a session's `extra` keys. */
const KEY = "import";

/** How far a session has been brought in: what the next import goes on from. */
export interface ImportState {
  /** The importer and its version. */
  readonly format: string;
  readonly version: number;
  /** The file; for a session in another one's file, that one's id. */
  readonly file: string;
  readonly within: SessionId | null;
  /** Bytes of the file that were taken in, and their digest. */
  readonly bytes: number;
  readonly sha256: string;
  /** A digest of what was read beside the file, where that is read too. */
  readonly beside?: string | undefined;
  /** Bytes that were read as lines: the last line may not have been whole. */
  readonly read: number;
  /** Messages that the session had with them. */
  readonly messages: number;
  /** The revision that the import made. */
  readonly revision: number;
  /** Places in the file that could not be read, or were told for another reason; and whether anything is missing. */
  readonly problems: number;
  readonly lossy: boolean;
  /** The title that it gave. */
  readonly title: string | null;
  /** Where the conversation left messages by going back: positions, the first one first. */
  readonly left: readonly number[];
}

/** What an import noted; `undefined` for a session that came about another way. */
export function importStateOf(head: SessionHead): ImportState | undefined {
  const noted = head.extra[KEY];
  if (!isJsonObject(noted)) return undefined;
  const {
    format,
    version,
    file,
    within,
    bytes,
    sha256,
    read,
    messages,
    revision,
    problems,
    lossy,
    title,
    left,
    beside,
  } = noted;
  if (typeof format !== "string" || typeof file !== "string" || typeof sha256 !== "string") return undefined;
  if (![version, bytes, read, messages, revision].every((value) => Number.isSafeInteger(value)))
    return undefined;
  return {
    ...{ format, file, sha256, version: version as number, bytes: bytes as number, read: read as number },
    ...{ messages: messages as number, revision: revision as number },
    beside: typeof beside === "string" ? beside : undefined,
    problems: typeof problems === "number" ? problems : 0,
    lossy: lossy === true,
    within: typeof within === "string" ? (within as SessionId) : null,
    title: typeof title === "string" ? title : null,
    left: Array.isArray(left) ? left.filter((position) => Number.isSafeInteger(position)) : [],
  };
}

/** A head's `extra` with the state in it. */
export function withImportState(
  extra: JsonObject,
  state: ImportState,
  usage: JsonObject | undefined,
): JsonObject {
  const { left, beside, ...rest } = state;
  const noted: Json = {
    ...rest,
    ...(beside !== undefined && { beside }),
    ...(left.length > 0 && { left }),
  };
  return usage === undefined ? { ...extra, [KEY]: noted } : { ...extra, [KEY]: noted, usage };
}
