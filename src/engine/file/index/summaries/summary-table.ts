import { crc32 } from "node:zlib";
import type { StatementSync } from "node:sqlite";
import { jsonText, type Json } from "../../../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../../../session/session-id.ts";
import { titleOf, type SessionSummary } from "../../../../session/summary/summary.ts";
import type { ListQuery, WorkspacePlace } from "../../../contract.ts";
import { filterOf, orderOf, positionOf, writeCursor, type Order } from "../../../list-query.ts";
import type { TrashedLife } from "../../read/trashed-lives.ts";
import { conditionsOf } from "./list-conditions.ts";
import { DamagedIndex } from "../index-trouble.ts";
import type { Statements } from "../statements.ts";
import { TimeSlice } from "../../disk/time-slice.ts";

/** What a session's files amount to. */
export type Entry =
  { readonly summary?: SessionSummary | undefined; readonly trashed: readonly TrashedLife[] } | "unreadable";

/** A life in the trash, and whose it is. */
export type LifeInTrash = TrashedLife & { readonly id: SessionId; readonly removedAt: string };

/** Behind every text that an id may have become. */
const BEHIND_ALL = Buffer.from([0]);

const SESSION = 0;
const NONE = 1;
const UNREADABLE = 2;

/** All columns of a session's row but its key, the id first. */
export const COLUMNS = [
  ...["id", "identity", "state", "updated", "created", "child", "user", "model", "source"],
  ...["workspace_path", "workspace_id", "title", "summary", "trashed", "checksum"],
] as const;

/** The summaries in an index database. Rows are checked when they are read; damage is thrown as `DamagedIndex`. */
export class SummaryTable {
  readonly #put: StatementSync;
  readonly #putOver: StatementSync;
  readonly #deleteThat: StatementSync;
  readonly #identity: StatementSync;
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
    const put = `
      INSERT INTO sessions (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})
      ON CONFLICT (id) DO UPDATE SET
        ${COLUMNS.slice(1)
          .map((column) => `${column} = excluded.${column}`)
          .join(", ")}`;
    this.#put = statements.of(put);
    this.#putOver = statements.of(`${put} WHERE sessions.identity = ?`);
    this.#deleteThat = statements.of("DELETE FROM sessions WHERE id = ? AND identity = ?");
    this.#identity = statements.of("SELECT identity FROM sessions WHERE id = ?");
  }

  /**
   * The sessions that were looked at, of ids from `from` up to but not including `to`, as they are, unchecked: a line
   * each with the id, a space and the identity that its files had, in the order of ids.
   */
  identities(from: string, to: string | undefined): string {
    const known = this.#statements
      .of(
        `SELECT group_concat(id || ' ' || identity, char(10)) AS known FROM
           (SELECT id, identity FROM sessions WHERE id >= ? AND id < ? ORDER BY id)`,
      )
      .get(from, to ?? BEHIND_ALL)?.["known"];
    return typeof known === "string" ? known : "";
  }

  identityOf(id: SessionId): string | undefined {
    return this.#identity.get(id)?.["identity"] as string | undefined;
  }

  /** Puts a session, whatever the table has. */
  put(id: SessionId, identity: string, entry: Entry): void {
    this.#put.run(...valuesOf(id, identity, entry));
  }

  /**
   * Puts a session over what the table had for it before, as one step.
   * @param before the identity of that; `undefined` for nothing.
   * @returns false when the table has something else by now; then nothing is put.
   */
  putOver(before: string | undefined, id: SessionId, identity: string, entry: Entry): boolean {
    return Number(this.#putOver.run(...valuesOf(id, identity, entry), before ?? null).changes) === 1;
  }

  /** Removes what the table had for a session before; false when it has something else by now. */
  deleteThat(before: string | undefined, id: SessionId): boolean {
    if (before !== undefined) this.#deleteThat.run(id, before);
    return this.identityOf(id) === undefined;
  }

  /** Sessions that have to be read again whatever their files look like. */
  unsettled(): SessionId[] {
    return this.#ids("SELECT id FROM sessions WHERE identity = '' AND (state <> 0 OR identity = '')");
  }

  /** Sessions whose files cannot be read. */
  unreadable(): SessionId[] {
    return this.#ids(`SELECT id FROM sessions WHERE state = ${UNREADABLE} AND (state <> 0 OR identity = '')`);
  }

  /** What is in the trash, last removed first. What is not known to have been removed before was removed at `now`. */
  trashed(now: Date): LifeInTrash[] {
    const rows = this.#statements
      .of("SELECT id, summary, trashed, checksum FROM sessions WHERE trashed IS NOT NULL")
      .all();
    const all = rows.flatMap((row) => {
      const id = checkedId(row["id"]);
      return livesOf(row).map((life) => ({ ...life, id, removedAt: life.removedAt ?? now.toISOString() }));
    });
    // Those of one session that were removed in one millisecond stay in their order.
    const time = ({ removedAt }: LifeInTrash): number => Date.parse(removedAt);
    return all.sort((left, right) => time(right) - time(left));
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
      `SELECT id, updated, created, summary, trashed, checksum FROM sessions
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

  /** The workspace paths that sessions have, with their ids; every pair once. An index holds them. */
  workspacePlaces(): WorkspacePlace[] {
    const rows = this.#statements
      .of(
        `SELECT DISTINCT workspace_path AS path, workspace_id AS id FROM sessions
         WHERE workspace_path IS NOT NULL ORDER BY 1, 2`,
      )
      .all();
    return rows.map(({ path, id }) => {
      if (typeof path !== "string" || !(typeof id === "string" || id === null))
        throw new DamagedIndex("a workspace");
      return { path, id };
    });
  }

  #ids(sql: string): SessionId[] {
    return this.#statements
      .of(sql)
      .all()
      .map((row) => checkedId(row["id"]));
  }
}

/** A row, in the order of the columns of `put`. */
function valuesOf(id: SessionId, identity: string, entry: Entry): (string | number | null)[] {
  const lives = entry === "unreadable" ? [] : entry.trashed;
  const trashed = lives.length === 0 ? null : jsonText(lives as unknown as Json);
  if (entry === "unreadable" || entry.summary === undefined) {
    const state = entry === "unreadable" ? UNREADABLE : NONE;
    return [id, identity, state, ...EMPTY, trashed, checksumOf(null, trashed)];
  }
  const { summary } = entry;
  const text = jsonText(summary as unknown as Json);
  const { userId, model, source, workspacePath, workspaceId, parentId } = summary;
  return [
    ...[
      id,
      identity,
      SESSION,
      timeOf(summary, "updated"),
      timeOf(summary, "created"),
      parentId === null ? 0 : 1,
    ],
    ...[userId, model, source, workspacePath, workspaceId, (titleOf(summary) ?? "").toLowerCase()],
    ...[text, trashed, checksumOf(text, trashed)],
  ];
}

/** The columns between state and trashed of a row without a summary. */
const EMPTY = new Array<null>(10).fill(null);

/** A time that sorts, whatever the session says. */
function timeOf(summary: SessionSummary, order: Order): number {
  const { time } = positionOf(summary, order);
  return Number.isNaN(time) ? 0 : time;
}

function checksumOf(summary: string | null, trashed: string | null): number {
  return crc32(trashed ?? "", crc32(summary ?? ""));
}

/** A row's JSON texts. */
function textsOf(row: Record<string, unknown>): { summary: string | null; trashed: string | null } {
  const summary = textOf(row["summary"]);
  const trashed = textOf(row["trashed"]);
  if (checksumOf(summary, trashed) !== row["checksum"]) throw new DamagedIndex("a summary's checksum");
  return { summary, trashed };
}

function textOf(value: unknown): string | null {
  if (typeof value === "string" || value === null) return value;
  throw new DamagedIndex("a summary");
}

function livesOf(row: Record<string, unknown>): readonly TrashedLife[] {
  const { trashed } = textsOf(row);
  return trashed === null ? [] : (JSON.parse(trashed) as TrashedLife[]);
}

function checked(row: Record<string, unknown>): SessionSummary {
  const { id, updated, created } = row;
  const { summary: text } = textsOf(row);
  if (text === null) throw new DamagedIndex("a summary");
  const summary = JSON.parse(text) as SessionSummary;
  const isOrdered = timeOf(summary, "updated") === updated && timeOf(summary, "created") === created;
  if (summary.id !== id || !isOrdered) throw new DamagedIndex("the order of a summary");
  return summary;
}

/** Ids become file names: what is none must not. */
export function checkedId(id: unknown): SessionId {
  if (!isSessionId(id)) throw new DamagedIndex("an id");
  return id;
}
