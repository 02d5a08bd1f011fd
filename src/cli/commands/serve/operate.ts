import { Command } from "commander";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { counted, grouped, parseDuration } from "../../output/units.ts";

/** What operates a database of sessions. */

export function migrateCommand(): Command {
  return new Command("migrate")
    .description("make the tables of a database, or bring them to this version")
    .addHelpText(
      "after",
      `
Run it as the role that has the tables, before programs of a new version start. It waits for no lock longer than two
seconds at a time, and may be run again, by any number at once. Give large tables time: ?patience=3600000.

Example:
  astrid-sessions migrate --store "postgres://owner@db.example/agents?patience=3600000"`,
    )
    .action((_options: object, command: Command) => withStore(command, migrate));
}

export function healthCommand(): Command {
  return new Command("health")
    .description("how the database is: version, primary, standbys, connections, lag of the search index")
    .addHelpText(
      "after",
      `
Exits with 1 when the database cannot be reached, is no primary, or has tables of another version.

Example:
  astrid-sessions health --store postgres://agents@db.example/agents --json`,
    )
    .action((_options: object, command: Command) => withStore(command, health));
}

interface ExpireOptions {
  readonly olderThan?: string;
  readonly trashOlderThan?: string;
  readonly allTenants?: boolean;
}

export function expireCommand(): Command {
  return new Command("expire")
    .description("remove what is too old from a database, in pages")
    .option("--older-than <duration>", "sessions that did not change for so long go to the trash")
    .option("--trash-older-than <duration>", "what is in the trash for so long is removed for good")
    .option("--all-tenants", "of every tenant that the role may see")
    .addHelpText(
      "after",
      `
Example, once a day, as the owner of the tables:
  astrid-sessions expire --all-tenants --older-than 1y --trash-older-than 30d --store postgres://owner@db/agents`,
    )
    .action((options: ExpireOptions, command: Command) =>
      withStore(command, (context) => expire(context, options)),
    );
}

async function migrate({ store, output }: Context): Promise<ExitCode> {
  const { before, now } = await store.migrate();
  if (output.json) await output.document({ before, now });
  else if (before === now) await output.line(`The tables are of version ${now} already.`);
  else await output.line(`The tables were of version ${before}, and are of version ${now} now.`);
  return EXIT.ok;
}

async function health({ store, output }: Context): Promise<ExitCode> {
  const found = await store.health();
  const { server, isPrimary, tables, connections, standbys, searchBehind } = found;
  const isWell = isPrimary && tables.version === tables.expected;
  if (output.json) {
    await output.document({ isWell, ...found, searchBehind: searchBehind ?? null });
    return isWell ? EXIT.ok : EXIT.failed;
  }
  const behind =
    searchBehind === undefined ? "not searched yet" : `${counted(searchBehind, "session")} behind`;
  const lines = [
    `server       PostgreSQL ${server}, ${isPrimary ? "primary" : "standby: it takes no writes"}`,
    `tables       version ${tables.version}${tables.version === tables.expected ? "" : `, not ${tables.expected}`}`,
    `connections  ${connections.used} of ${connections.most}`,
    `search       ${behind}`,
    ...standbys.map(
      ({ name, isSynchronous, bytesBehind }) =>
        `standby      ${name}, ${isSynchronous ? "synchronous" : "asynchronous"}, ${grouped(bytesBehind)} bytes behind`,
    ),
  ];
  for (const line of lines) await output.line(line);
  return isWell ? EXIT.ok : EXIT.failed;
}

async function expire({ store, output, now }: Context, options: ExpireOptions): Promise<ExitCode> {
  const { olderThan, trashOlderThan, allTenants } = options;
  if (olderThan === undefined && trashOlderThan === undefined)
    throw usageError("Say what is too old: --older-than, --trash-older-than, or both.");
  const ago = (duration: string | undefined): string | undefined =>
    duration === undefined ? undefined : new Date(now.getTime() - parseDuration(duration)).toISOString();
  const expired = await store.expire({
    unchangedSince: ago(olderThan),
    trashedBefore: ago(trashOlderThan),
    allTenants,
  });
  if (output.json) await output.document(expired);
  else {
    const { tenants, trashed, removed } = expired;
    await output.line(
      `${counted(trashed, "session")} moved to the trash, ${removed} removed for good, of ${counted(tenants, "tenant")}.`,
    );
  }
  return EXIT.ok;
}
