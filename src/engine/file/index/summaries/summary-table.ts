import { crc32 } from "node:zlib";
import type { StatementSync } from "node:sqlite";
import { jsonText, type Json } from "../../../../session/json.ts";
import { isSessionId, type SessionId } from "../../../../session/session-id.ts";
import type { SessionSummary } from "../../../../session/summary.ts";
import type { ListQuery } from "../../../contract.ts";
import { filterOf, orderOf, positionOf, writeCursor } from "../../../list-query.ts";
import { timeMs } from "../../../../session/time.ts";
import { conditionsOf } from "./list-conditions.ts";
import type { Statements } from "../statements.ts";
import { TimeSlice } from "../../disk/time-slice.ts";

/** A row of the index does not hold what was put into it. */
export class DamagedIndex extends Error {
  override readonly name = "DamagedIndex";
}

/** What a session's files amount to. */
export type Entry = { readonly summary: SessionSummary } | "none" | "unreadable";

const STATES = { none: 1, unreadable: 2 } as const;

/** The summaries in an index database. Rows are checked when they are read; damage is thrown as `DamagedIndex`. */
export class SummaryTable {
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #identity: StatementSync;
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
    this.#put = statements.of(`
      INSERT INTO sessions (id, identity, state, updated, created, child, user, model, workspace_path, workspace_id,
                            title, summary, checksum)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET
        identity = excluded.identity, state = excluded.state, updated = excluded.updated, created = excluded.created,
        child = excluded.child, user = excluded.user, model = excluded.model,
        workspace_path = excluded.workspace_path, workspace_id = excluded.workspace_id, title = excluded.title,
        summary = excluded.summary, checksum = excluded.checksum`);
    this.#delete = statements.of("DELETE FROM sessions WHERE id = ?");
    this.#identity = statements.of("SELECT identity FROM sessions WHERE id = ?");
  }

  /** Every session that was looked at, with the identity that its files had; ids as they are, unchecked. */
  identities(): Map<string, string> {
    const statement = this.#statements.of("SELECT id, identity FROM sessions");
    statement.setReturnArrays(true);
    return new Map(statement.all() as unknown as [string, string][]);
  }

  identityOf(id: SessionId): string | undefined {
    return this.#identity.get(id)?.["identity"] as string | undefined;
  }

  put(id: SessionId, identity: string, entry: Entry): void {
    if (typeof entry === "string") {
      this.#put.run(id, identity, STATES[entry], ...new Array<null>(10).fill(null));
      return;
    }
    const { summary } = entry;
    const text = jsonText(summary as unknown as Json);
    const { userId, model, workspacePath, workspaceId, parentId, title } = summary;
    this.#put.run(
      id,
      identity,
      0,
      positionOf(summary, "updated").time,
      positionOf(summary, "created").time,
      parentId === null ? 0 : 1,
      userId,
      model,
      workspacePath,
      workspaceId,
      (title ?? "").toLowerCase(),
      text,
      crc32(text),
    );
  }

  delete(id: SessionId): void {
    this.#delete.run(id);
  }

  /** Sessions that have to be read again whatever their files look like. */
  unsettled(): SessionId[] {
    return this.#ids("SELECT id FROM sessions WHERE identity = '' AND (state <> 0 OR identity = '')");
  }

  /** Sessions whose files cannot be read. */
  unreadable(): SessionId[] {
    return this.#ids("SELECT id FROM sessions WHERE state = 2 AND (state <> 0 OR identity = '')");
  }

  /** A page of sessions; the event loop gets its turns in between, and nothing may be put meanwhile. */
  async page(query: ListQuery): Promise<{ sessions: SessionSummary[]; nextCursor: string | undefined }> {
    const order = orderOf(query);
    const matches = filterOf(query);
    const { sql, parameters } = conditionsOf(query);
    const limit = query.limit ?? Infinity;
    const sessions: SessionSummary[] = [];
    const slice = new TimeSlice();
    const listing = this.#statements.of(
      `SELECT id, updated, created, summary, checksum FROM sessions
       WHERE ${sql.join(" AND ")} ORDER BY ${order} DESC, id`,
    );
    for (const row of listing.iterate(...parameters)) {
      if (slice.isOver) await slice.next();
      const summary = checked(row);
      if (!matches(summary)) continue;
      const last = sessions.at(-1);
      if (sessions.length >= limit && last !== undefined) {
        return { sessions, nextCursor: writeCursor(order, positionOf(last, order)) };
      }
      sessions.push(summary);
    }
    return { sessions, nextCursor: undefined };
  }

  /** The workspace paths that sessions have, each once. */
  workspacePaths(): string[] {
    const next = this.#statements.of(
      "SELECT min(workspace_path) AS path FROM sessions WHERE workspace_path > ?",
    );
    const paths: string[] = [];
    // One look-up for each path, however many sessions have it. Every path is behind the empty one, but for itself.
    for (let path = ""; ;) {
      const found = next.get(path)?.["path"];
      if (typeof found !== "string") return paths;
      paths.push(found);
      path = found;
    }
  }

  #ids(sql: string): SessionId[] {
    return this.#statements
      .of(sql)
      .all()
      .map((row) => checkedId(row["id"]));
  }
}

function checked(row: Record<string, unknown>): SessionSummary {
  const { id, updated, created, summary: text, checksum } = row;
  if (typeof text !== "string" || crc32(text) !== checksum) throw new DamagedIndex("a summary's checksum");
  const summary = JSON.parse(text) as SessionSummary;
  const isOrdered = Date.parse(summary.updatedAt) === updated && timeMs(summary.createdAt) === created;
  if (summary.id !== id || !isOrdered) throw new DamagedIndex("the order of a summary");
  return summary;
}

/** Ids become file names: what is none must not. */
export function checkedId(id: unknown): SessionId {
  if (!isSessionId(id)) throw new DamagedIndex("an id");
  return id;
}
