import { createHash } from "node:crypto";
import { StoreClosedError } from "../../session/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { Connection } from "./connection/connection.ts";
import { textOf } from "./row.ts";
import { Statement, type Sql } from "./statement.ts";
import { NOW, type Tables } from "./tables.ts";

/** How often a watcher looks, in milliseconds. */
const POLL = 500;
/**
 * A commit shows later than the time it carries, by as long as it took: each look covers the changes of so many
 * milliseconds.
 */
const COVERED = 60_000;
/** Notifications of one process are so many milliseconds apart. */
const NOTIFIED_EVERY = 50;

/** The channel of a schema's tenant; tells nobody else which tenants there are. */
function channelOf({ schema, tenant }: Tables): string {
  return `astrid_${createHash("sha256").update(`${schema}\0${tenant}`).digest("hex").slice(0, 32)}`;
}

/** Watches by looking twice a second; a notification only makes it look at once. */
export async function* watch(
  connection: Connection,
  tables: Tables,
  signal: AbortSignal,
): AsyncGenerator<SessionId | undefined> {
  if (signal.aborted) return;
  connection.assertOpen();
  const bell = new Bell();
  const wake = (): void => bell.ring();
  signal.addEventListener("abort", wake);
  const unlisten = await listen(connection, tables, wake);
  let known: Map<string, string> | undefined;
  let lookedAt = performance.now();
  try {
    while (!signal.aborted) {
      const states = await look(connection, tables);
      if (states !== undefined) {
        const isAnew = known === undefined || performance.now() - lookedAt > COVERED / 2;
        const changed = [...states].filter(([id, state]) => known?.get(id) !== state);
        known = states;
        lookedAt = performance.now();
        if (isAnew) yield undefined;
        else for (const [id] of changed) yield id as SessionId;
      }
      if (!signal.aborted) await bell.wait(POLL);
    }
  } finally {
    signal.removeEventListener("abort", wake);
    await unlisten().catch(() => undefined);
  }
}

/** What changed of late: a text per session that differs after each change; `undefined` when it cannot be told now. */
async function look(connection: Connection, tables: Tables): Promise<Map<string, string> | undefined> {
  try {
    const rows = await connection.read("look for changes", (attempt) => attempt.send(recent(tables)));
    return new Map(rows.map((row) => [textOf(row, "id"), textOf(row, "state")]));
  } catch (error) {
    if (error instanceof StoreClosedError) throw error;
    return undefined;
  }
}

function recent(tables: Tables): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const since = `${NOW} - ${statement.param(COVERED, "bigint")}`;
  // Several rows of one id: removed ones, and perhaps the one that lives.
  const text = `select id, string_agg(state, ' ' order by state) as state from (
      select id, life::text || '@' || revision || '/' || updated_ms as state from ${tables.sessions}
      where tenant = ${tenant} and removed_ms = 0 and not purged
        and (updated_ms >= (select ${since}) or stored_ms >= (select ${since}))
      union all
      select id, life::text || '@' || revision || '-' || removed_ms from ${tables.sessions}
      where tenant = ${tenant} and removed_ms <> 0 and removed_ms >= (select ${since})
    ) changed group by id`;
  return { text, params: statement.params };
}

async function listen(
  connection: Connection,
  tables: Tables,
  wake: () => void,
): Promise<() => Promise<void>> {
  try {
    const client = await connection.client();
    return (await client.listen?.(channelOf(tables), wake)) ?? (() => Promise.resolve());
  } catch {
    return () => Promise.resolve();
  }
}

/**
 * Tells watchers of other processes that something changed, soon after it did, in a transaction of its own: within the
 * commit's, notifications would make the commits of the whole database queue behind each other.
 */
export class Notifier {
  readonly #connection: Connection;
  readonly #tables: Tables;
  #isPending = false;

  constructor(connection: Connection, tables: Tables) {
    this.#connection = connection;
    this.#tables = tables;
  }

  changed(): void {
    if (this.#isPending) return;
    this.#isPending = true;
    setTimeout(() => void this.#notify(), NOTIFIED_EVERY).unref();
  }

  async #notify(): Promise<void> {
    this.#isPending = false;
    try {
      const client = await this.#connection.client();
      const text = "select set_config('synchronous_commit', 'off', true), pg_notify($1::text, '')";
      await client.query(text, [channelOf(this.#tables)]);
    } catch {
      // A hint that did not get through: watchers look by themselves.
    }
  }
}

/** Sleeps until it is rung, or for a time. */
class Bell {
  #ring: (() => void) | undefined;
  #wasRung = false;

  ring(): void {
    this.#wasRung = true;
    this.#ring?.();
  }

  async wait(milliseconds: number): Promise<void> {
    if (!this.#wasRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        timer.unref();
        this.#ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#ring = undefined;
    this.#wasRung = false;
  }
}
