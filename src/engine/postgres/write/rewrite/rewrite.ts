import { randomUUID } from "node:crypto";
import { LeaseHeldError, LeaseLostError } from "../../../../session/errors/lease-errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { HistoryGivenUpError } from "../../../give-up.ts";
import type { RewriteOptions, Rewritten, SessionEdit } from "../../../session-edit.ts";
import type { Row } from "../../client.ts";
import type { Connection } from "../../connection/connection.ts";
import { leaseOf } from "../../read/held.ts";
import { numberOf, textOf } from "../../row.ts";
import type { Tables } from "../../schema/tables.ts";
import { Statement } from "../../statement.ts";
import { editedLife, type EditedLife, type LifeRow } from "./edited-life.ts";
import { INDEX_STATE, indexStateIn, joinIndexed } from "./index-edit.ts";
import { rewriteLog } from "./rewrite-log.ts";
import { rewriteStatement } from "./rewrite-statement.ts";
import { sweep } from "../sweep.ts";

/**
 * Gives everything of an id to an edit, and stores what it changes: each life in one statement, in the state in which it
 * was read. Where somebody has written meanwhile, all is read again. The old rows' bytes stay in the tables' files until
 * the server's own `VACUUM`, and in its log and backups for as long as these are kept.
 */
export async function rewriteSession(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  edit: SessionEdit,
  { dryRun = false, lease }: RewriteOptions,
): Promise<Rewritten | undefined> {
  for (;;) {
    edit.begin();
    if (!dryRun) await checkLease(connection, tables, id, lease);
    const rows = await livesOf(connection, tables, id);
    // The one that is written to comes first: where it has moved on, nothing was stored yet.
    const lives = await editedLives(connection, tables, id, rows, edit);
    if (lives === undefined) continue;
    const changed = lives.filter(({ commits }) => commits.length > 0);
    if (!dryRun && !(await storeAll(connection, tables, id, changed, lease))) continue;
    const isLogged = await rewriteLog(connection, tables, id, edit, dryRun);
    if (!dryRun) await sweep(connection, tables, id);
    if (rows.length === 0) return undefined;
    return {
      revision: rows.find(({ removedMs }) => removedMs === 0)?.revision ?? 0,
      commits: changed.reduce((sum, { commits }) => sum + commits.length, 0),
      files: [],
      isChanged: changed.length > 0 || isLogged,
    };
  }
}

/** @returns `undefined` where one's history was shortened meanwhile. */
async function editedLives(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  rows: readonly LifeRow[],
  edit: SessionEdit,
): Promise<EditedLife[] | undefined> {
  const lives: EditedLife[] = [];
  try {
    for (const row of rows) lives.push(await editedLife(connection, tables, id, row, edit));
  } catch (error) {
    if (error instanceof HistoryGivenUpError) return undefined;
    throw error;
  }
  return lives;
}

/** @throws {LeaseHeldError | LeaseLostError} unless nobody holds the session, or the owner of this lease does. */
export async function checkLease(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  lease: string | undefined,
): Promise<void> {
  const held = await connection.read(`rewrite session ${id}`, (attempt) => leaseOf(attempt, tables, id));
  if (lease !== undefined && held?.token !== lease) throw new LeaseLostError(id, held);
  if (held !== undefined && held.token !== lease) throw new LeaseHeldError(id, held);
}

async function livesOf(connection: Connection, tables: Tables, id: SessionId): Promise<LifeRow[]> {
  const statement = new Statement();
  const text = `select s.life, s.removed_ms, s.revision, s.begins, s.tag, s.preview_position, ${INDEX_STATE}
    from ${tables.sessions} s ${joinIndexed(tables)}
    where s.tenant = ${statement.param(tables.tenant, "text")} and s.id = ${statement.param(id, "uuid")} and not s.purged
    order by s.removed_ms`;
  const rows = await connection.read(`rewrite session ${id}`, (attempt) =>
    attempt.send({ text, params: statement.params }),
  );
  return rows.map(lifeIn);
}

function lifeIn(row: Row): LifeRow {
  return {
    life: textOf(row, "life"),
    removedMs: numberOf(row, "removed_ms"),
    revision: numberOf(row, "revision"),
    begins: numberOf(row, "begins"),
    tag: textOf(row, "tag"),
    previewPosition: row["preview_position"] === null ? undefined : numberOf(row, "preview_position"),
    index: indexStateIn(row),
  };
}

/** @returns false when one of them is not as it was read any more. */
async function storeAll(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  lives: readonly EditedLife[],
  lease: string | undefined,
): Promise<boolean> {
  for (const life of lives) {
    const tag = randomUUID();
    const isStored = await connection.write(
      `rewrite session ${id}`,
      async (attempt) => {
        const rows = await attempt.send(rewriteStatement(tables, id, life, tag, lease));
        if (rows.length > 0 || !attempt.isSettling) return rows.length > 0;
        // A try before this one may have been carried out.
        return (await livesOf(connection, tables, id)).some((now) => now.tag === tag);
      },
      id,
    );
    if (!isStored) return false;
  }
  return true;
}
