import type { WorkspacePlace } from "../../../contract.ts";
import type { Connection } from "../../connection/connection.ts";
import { headPart } from "../../schema/head-columns.ts";
import type { Tables } from "../../schema/tables.ts";
import { Statement } from "../../statement.ts";

/** The workspace paths that sessions have, with their ids; every pair once. */
export async function workspacePlaces(connection: Connection, tables: Tables): Promise<WorkspacePlace[]> {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const text = `select distinct h.workspace_path, h.workspace_id
    from ${tables.heads} h join ${tables.sessions} s on s.tenant = h.tenant and s.life = h.life
    where h.tenant = ${tenant} and s.removed_ms = 0 and h.workspace_path <> 'null'`;
  const rows = await connection.read("list workspaces", (attempt) =>
    attempt.send({ text, params: statement.params }),
  );
  return rows.flatMap((row) => {
    const { workspacePath: path, workspaceId: id } = headPart(row, ["workspacePath", "workspaceId"]);
    return path === null ? [] : { path, id };
  });
}
