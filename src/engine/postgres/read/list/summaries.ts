import { CorruptSessionError } from "../../../../session/errors/errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { PREVIEWED, summaryOf, type SessionSummary } from "../../../../session/summary/summary.ts";
import type { Unreadable } from "../../../contract.ts";
import type { Row } from "../../client.ts";
import type { Attempt } from "../../connection/connection.ts";
import { numberOf, textOf, textOrNullOf, timeOf } from "../../row.ts";
import { HELD_COLUMNS, heldFrom, joinHeld } from "../held.ts";
import { headPart } from "../../schema/head-columns.ts";
import type { Tables } from "../../schema/tables.ts";
import { Statement } from "../../statement.ts";

const LISTED = [
  ...(["title", "tags", "userId", "createdAt", "tokenCount", "turnCount", "gitState"] as const),
  ...(["workspacePath", "workspaceId", "parentId", "model", "custom"] as const),
] as const;

/** What a listing needs of `sessions` and of `heads`, to show it and to filter by it. */
export const LISTED_OF_SESSIONS =
  "id, life, revision, updated_ms, message_count, bytes, token_count, turn_count, git_state, preview, preview_position";
export const LISTED_OF_HEADS =
  "title, tags, user_id, created_at, created_ms, workspace_path, workspace_id, parent_id, model, custom, title_folded, tag_keys";
export const SUMMARY_COLUMNS = `s.id, s.revision, s.updated_ms, s.message_count, s.bytes, s.token_count, s.turn_count,
  s.git_state, s.preview, s.preview_position, h.title, h.tags, h.user_id, h.created_at, h.created_ms, h.workspace_path, h.workspace_id,
  h.parent_id, h.model, h.custom, ${HELD_COLUMNS}`;

/** One session's summary, or `undefined`. @throws {CorruptSessionError} */
export async function readSummary(
  attempt: Attempt,
  tables: Tables,
  id: SessionId,
): Promise<SessionSummary | undefined> {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const text = `select ${SUMMARY_COLUMNS}
    from ${tables.sessions} s left join ${tables.heads} h on h.tenant = s.tenant and h.life = s.life
      ${joinHeld(tables, tenant)}
    where s.tenant = ${tenant} and s.id = ${statement.param(id, "uuid")}
      and s.removed_ms = 0`;
  const [row] = await attempt.send({ text, params: statement.params });
  return row && summaryFrom(row, new Shared());
}

/** Texts that many sessions of a listing have in common, each of which is kept once. */
export class Shared {
  readonly #known = new Map<unknown, unknown>();

  one<T>(value: T): T {
    const known = this.#known.get(value);
    if (known !== undefined) return known as T;
    if (typeof value === "string") this.#known.set(value, value);
    return value;
  }
}

export function summaryOrUnreadable(tables: Tables, row: Row, shared: Shared): SessionSummary | Unreadable {
  try {
    return summaryFrom(row, shared);
  } catch (error) {
    if (!(error instanceof CorruptSessionError)) throw error;
    return {
      id: textOf(row, "id") as SessionId,
      where: `${tables.schema}.sessions ${textOf(row, "id")}`,
      error,
    };
  }
}

function summaryFrom(row: Row, shared: Shared): SessionSummary {
  const id = textOf(row, "id") as SessionId;
  try {
    const messageCount = numberOf(row, "message_count");
    const head = headPart(row, LISTED);
    const listed = {
      ...head,
      userId: shared.one(head.userId),
      workspacePath: shared.one(head.workspacePath),
      workspaceId: shared.one(head.workspaceId),
      model: shared.one(head.model),
      tags: head.tags.length === 0 ? NO_TAGS : head.tags,
      custom: Object.keys(head.custom).length === 0 ? NO_STRINGS : head.custom,
    };
    const rest = {
      updatedAt: timeOf(row, "updated_ms"),
      revision: numberOf(row, "revision"),
      messageCount,
      bytes: numberOf(row, "bytes"),
      lastMessagePreview: previewFrom(row, messageCount),
    };
    return summaryOf(id, listed, rest, heldFrom(row));
  } catch (error) {
    throw new CorruptSessionError(id, (error as Error).message, { cause: error });
  }
}

const NO_TAGS: readonly string[] = Object.freeze([]);
const NO_STRINGS: Readonly<Record<string, string>> = Object.freeze({});

/** The stored preview, unless its message stands too far from the end by now. */
export function previewFrom(row: Row, messageCount: number): string | null {
  const text = textOrNullOf(row, "preview");
  if (text === null || numberOf(row, "preview_position") < messageCount - PREVIEWED) return null;
  return JSON.parse(text) as string;
}
