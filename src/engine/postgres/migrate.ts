import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { NewerSchemaError, StorageError } from "../../session/errors.ts";
import type { PostgresClient } from "./client.ts";
import { failureOf } from "./connection/failure.ts";
import { numberOf } from "./row.ts";
import { quoted } from "./statement.ts";

const SQL = new URL("../../../sql/", import.meta.url);
const NUMBERED = /^(\d{4})-[a-z0-9-]+(\.optional)?\.sql$/;
/** Tries of one step: so many others may be at it at the same time, each of which can make one try fail. */
const TRIES = 100;

interface Migration {
  readonly version: number;
  /** Passed over where the server does not know what it asks for. */
  readonly optional: boolean;
  readonly text: string;
}

/**
 * Brings the tables to this version. Safe beside any number of others that do the same, and after one that was killed
 * half-way: each step is one transaction that claims its number first, and the database lets one claim win.
 *
 * @throws {NewerSchemaError} when the tables are of a newer version; nothing is changed.
 */
export async function migrate(client: PostgresClient, schema: string): Promise<void> {
  const migrations = await readMigrations(schema);
  const latest = migrations.at(-1)?.version ?? 0;
  let version = await versionOf(client, schema);
  if (version === undefined) {
    await insist(() => client.script(firstStep(schema)));
    version = (await versionOf(client, schema)) ?? 0;
  }
  if (version > latest) throw new NewerSchemaError(schema, version, latest);
  for (const migration of migrations) {
    if (migration.version <= version) continue;
    await insist(async () => {
      const current = (await versionOf(client, schema)) ?? 0;
      if (current < migration.version) await take(client, schema, migration);
    });
  }
}

/** @throws {StorageError | NewerSchemaError} unless the tables are there and of this version. */
export async function checkMigrated(client: PostgresClient, schema: string): Promise<void> {
  const migrations = await readMigrations(schema);
  const latest = migrations.at(-1)?.version ?? 0;
  const version = (await versionOf(client, schema)) ?? 0;
  if (version > latest) throw new NewerSchemaError(schema, version, latest);
  if (version === latest) return;
  throw new StorageError(
    "STORAGE_FAILED",
    `The tables in schema ${JSON.stringify(schema)} are of version ${version}, not ${latest}. ` +
      `Call migrate() as a role that may change them, or open the store without "migrate: false".`,
    "not-stored",
  );
}

/** @returns `undefined` when there is no table of migrations. */
async function versionOf(client: PostgresClient, schema: string): Promise<number | undefined> {
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

function firstStep(schema: string): string {
  return `create schema if not exists ${quoted(schema)};
    create table if not exists ${quoted(schema)}.migrations (
      version bigint primary key,
      applied_at timestamptz not null default now()
    )`;
}

async function take(
  client: PostgresClient,
  schema: string,
  { version, optional, text }: Migration,
): Promise<void> {
  const claim = `insert into ${quoted(schema)}.migrations (version) values (${version})`;
  try {
    await client.script(`${claim};\n${text}`);
  } catch (error) {
    // Not supported, or no such syntax.
    const isUnknown = ["0A000", "42601"].includes((error as { code?: string }).code ?? "");
    if (!optional || !isUnknown) throw error;
    await client.script(claim);
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
      // Unique violation, duplicate table, schema or object, concurrent update of a catalog row.
      const isRace = ["23505", "42P07", "42P06", "42710", "XX000"].includes(code ?? "");
      if (tries >= TRIES || (!isRace && !failureOf(error).again)) throw error;
      await sleep(5 + Math.random() * 20);
    }
  }
}

let files: Promise<readonly Migration[]> | undefined;

async function readMigrations(schema: string): Promise<Migration[]> {
  files ??= readFiles();
  return (await files).map((file) => ({ ...file, text: inSchema(file.text, schema) }));
}

async function readFiles(): Promise<readonly Migration[]> {
  const names = (await readdir(SQL)).filter((name) => NUMBERED.test(name)).sort();
  return await Promise.all(
    names.map(async (name) => {
      const [, version, optional] = NUMBERED.exec(name) ?? [];
      const text = await readFile(new URL(name, SQL), "utf8");
      return { version: Number(version), optional: optional !== undefined, text };
    }),
  );
}

/** The files name their schema as psql's variables do, so that psql can run them too. */
function inSchema(text: string, schema: string): string {
  return text.replaceAll(':"schema"', () => quoted(schema));
}
