import type { Expired, ExpireOptions } from "../../contract.ts";
import { dateOf } from "../../list-query.ts";
import type { Connection } from "../connection/connection.ts";
import { textOf } from "../row.ts";
import { Tables } from "../schema/tables.ts";
import { Statement } from "../statement.ts";
import { emptyTrash, trashOld } from "../write/removal.ts";

/**
 * Takes what is too old to the trash, and out of it, tenant by tenant, a page at a time: no statement is longer because
 * there is more to do, and one that was interrupted is gone on with by the next run.
 * @param tables of the tenant whose sessions are meant, unless all are.
 */
export async function expire(
  connection: Connection,
  tables: Tables,
  options: ExpireOptions,
): Promise<Expired> {
  const unchangedSince = dateOf(options.unchangedSince, "unchangedSince");
  const trashedBefore = dateOf(options.trashedBefore, "trashedBefore");
  const { allTenants = false } = options;
  const counts = { tenants: 0, trashed: 0, removed: 0 };
  for await (const tenant of allTenants ? tenantsOf(connection, tables) : [tables.tenant]) {
    const own = new Tables(tables.schema, tenant);
    if (trashedBefore !== undefined) counts.removed += await emptyTrash(connection, own, trashedBefore);
    if (unchangedSince !== undefined) counts.trashed += await trashOld(connection, own, unchangedSince);
    counts.tenants++;
  }
  return counts;
}

/** Each tenant that has sessions, by steps through the index: one look-up for each. */
async function* tenantsOf(connection: Connection, tables: Tables): AsyncGenerator<string> {
  for (let last = ""; ;) {
    const statement = new Statement();
    const text = `select tenant from ${tables.activity} where tenant > ${statement.param(last, "text")}
      order by tenant limit 1`;
    const [row] = await connection.read("list the tenants", (attempt) =>
      attempt.send({ text, params: statement.params }),
    );
    if (row === undefined) return;
    last = textOf(row, "tenant");
    yield last;
  }
}
