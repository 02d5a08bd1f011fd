import { createHash } from "node:crypto";
import type { Connection } from "../connection/connection.ts";
import type { Tables } from "../schema/tables.ts";

/** Notifications of one process are so many milliseconds apart. */
const NOTIFIED_EVERY = 50;

/** The channel of a schema's tenant; tells nobody else which tenants there are. */
export function channelOf({ schema, tenant }: Tables): string {
  return `astrid_${createHash("sha256").update(`${schema}\0${tenant}`).digest("hex").slice(0, 32)}`;
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
