import { setTimeout as sleep } from "node:timers/promises";
import { NewerSchemaError, StorageError } from "../../../session/errors/errors.ts";
import type { PostgresClient } from "../client.ts";
import { failureOf } from "../connection/failure.ts";
import { numberOf } from "../row.ts";
import { quoted } from "../statement.ts";
import { indexesIn, readMigrations, type Migration } from "./migrations.ts";

/** Tries of one step: so many others may be at it at the same time, each of which can make one try fail. */
const TRIES = 100;
/**
 * How long a step waits for a lock before it lets those pass who queue behind it, and tries again: longer than commits
 * take, shorter than a caller's patience.
 */
const LOCK_TIMEOUT = "2s";

/**
 * Brings the tables to this version. Safe beside any number of others that do the same, and after one that was killed
 * half-way: each step is one transaction that claims its number first, and the database lets one claim win. Indexes of
 * tables that may be large are made without a lock, and looked at again when that was interrupted.
 *
 * @returns the version before, and now.
 * @throws {NewerSchemaError} when the tables are of a newer version; nothing is changed.
 */
export async function migrate(
  client: PostgresClient,
  schema: string,
): Promise<{ readonly before: number; readonly now: number }> {
  const migrations = await readMigrations(schema);
  const latest = migrations.at(-1)?.version ?? 0;
  let version = await versionOf(client, schema);
  if (version === undefined) {
    await insist(() => makeFirst(client, schema));
    version = (await versionOf(client, schema)) ?? 0;
  }
  if (version > latest) throw new NewerSchemaError(schema, version, latest);
  for (const migration of migrations) {
    if (migration.version <= version) continue;
    await insist(async () => {
      const current = (await versionOf(client, schema)) ?? 0;
      if (current < migration.version) await take(client, schema, migration);
      // Another may have claimed the step while this one took away the index that it had found unfinished.
      else await makeIndexes(client, schema, migration);
    });
  }
  return { before: version, now: latest };
}

/** @throws {StorageError | NewerSchemaError} unless the tables are there and of this version. */
export async function checkMigrated(client: PostgresClient, schema: string): Promise<void> {
  const latest = await latestVersion(schema);
  const version = (await versionOf(client, schema)) ?? 0;
  if (version > latest) throw new NewerSchemaError(schema, version, latest);
  if (version === latest) return;
  throw new StorageError(
    "STORAGE_FAILED",
    `The tables in schema ${JSON.stringify(schema)} are of version ${version}, not ${latest}. ` +
      `Call migrate() as a role that may change them (or run "astrid-sessions migrate"), ` +
      `or open the store without "migrate: false".`,
    "not-stored",
  );
}

/** The version of the tables that this package makes. */
export async function latestVersion(schema: string): Promise<number> {
  return (await readMigrations(schema)).at(-1)?.version ?? 0;
}

/** @returns `undefined` when there is no table of migrations. */
export async function versionOf(
  client: Pick<PostgresClient, "query">,
  schema: string,
): Promise<number | undefined> {
  try {
    const { rows } = await client.query(
      `select coalesce(max(version), 0) as version from ${quoted(schema)}.migrations`,
      [],
    );
    return rows[0] === undefined ? 0 : numberOf(rows[0], "version");
  } catch (error) {
    // No such table, no such schema.
    if (["42P01", "3F000"].includes((error as { code?: string }).code ?? "")) return undefined;
    throw error;
  }
}

/** A schema that is there already is used as it is: to make one takes a right on the whole database. */
async function makeFirst(client: PostgresClient, schema: string): Promise<void> {
  const { rows } = await client.query("select 1 as there from pg_namespace where nspname = $1::text", [
    schema,
  ]);
  const create = rows.length === 0 ? `create schema if not exists ${quoted(schema)};\n` : "";
  await client.script(`${create}create table if not exists ${quoted(schema)}.migrations (
    version bigint primary key,
    applied_at timestamptz not null default now()
  )`);
}

async function take(client: PostgresClient, schema: string, migration: Migration): Promise<void> {
  const { version, how, text } = migration;
  const claim = `insert into ${quoted(schema)}.migrations (version) values (${version})`;
  if (how === "concurrent") {
    await makeIndexes(client, schema, migration);
    await client.script(claim);
    return;
  }
  try {
    await client.script(`set local lock_timeout = '${LOCK_TIMEOUT}';\n${claim};\n${text}`);
  } catch (error) {
    // Not supported, or no such syntax.
    const isUnknown = ["0A000", "42601"].includes((error as { code?: string }).code ?? "");
    if (how !== "optional" || !isUnknown) throw error;
    await client.script(claim);
  }
}

/** Makes the indexes of a step that makes them without a lock. */
async function makeIndexes(client: PostgresClient, schema: string, { how, text }: Migration): Promise<void> {
  if (how !== "concurrent") return;
  for (const index of indexesIn(text)) await makeIndex(client, schema, index);
}

/** Makes an index, unless it is there; one that was not finished is made anew. */
async function makeIndex(
  client: PostgresClient,
  schema: string,
  { name, statement }: { readonly name: string; readonly statement: string },
): Promise<void> {
  const full = `${quoted(schema)}.${quoted(name)}`;
  const { rows } = await client.query(
    `select i.indisvalid::text as valid,
       exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)::text as making
     from pg_index i where i.indexrelid = to_regclass($1::text)`,
    [full],
  );
  const [found] = rows;
  if (found?.["valid"] === "true") return;
  if (found?.["making"] === "true") throw new BeingMadeError(name);
  const inTransaction = `set local lock_timeout = '${LOCK_TIMEOUT}';
    drop index if exists ${full};
    ${statement.replace(" concurrently ", " ")}`;
  const concurrently = client.alone?.bind(client);
  if (concurrently === undefined) {
    await client.script(inTransaction);
    return;
  }
  if (found !== undefined) await concurrently(`drop index concurrently if exists ${full}`);
  try {
    await concurrently(statement);
  } catch (error) {
    // A partitioned table takes none that is made concurrently.
    if ((error as { code?: string }).code !== "0A000") throw error;
    await client.script(inTransaction);
  }
}

/** Somebody else makes the same index. */
class BeingMadeError extends Error {
  override readonly name = "BeingMadeError";

  constructor(index: string) {
    super(`the index ${index} is being made by another connection`);
  }
}

/** Repeats a step that failed because someone else was at it too. */
async function insist(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      // Unique violation, duplicate table, schema or object, concurrent update of a catalog row, lock not available.
      const isRace = ["23505", "42P07", "42P06", "42710", "XX000", "55P03"].includes(code ?? "");
      const isWaiting = error instanceof BeingMadeError;
      if (isWaiting) await sleep(200);
      else if (tries >= TRIES || (!isRace && !failureOf(error).again)) throw error;
      else await sleep(5 + Math.random() * 20);
    }
  }
}
