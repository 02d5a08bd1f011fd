import { createHash } from "node:crypto";
import { saysWaitCancelled, type PostgresNotice } from "./cancelled-wait.ts";
import { NotSentError, type PostgresClient, type Row } from "../client.ts";
import { at } from "./deadlines.ts";

interface PgQuery {
  text: string;
  values: (string | null)[];
  name: string;
}

/** What is used of a connection of a `pg` pool. */
export interface PgConnectionLike {
  query(query: PgQuery): Promise<{ rows: unknown[] }>;
  query(text: string): Promise<unknown>;
  on(event: "notice", listener: (notice: PostgresNotice) => void): unknown;
  on(
    event: "notification",
    listener: (message: { channel: string; payload?: string | undefined }) => void,
  ): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "notice", listener: (notice: PostgresNotice) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  release(destroy?: boolean): void;
}

/** What is used of a `pg` pool. */
export interface PgPoolLike {
  connect(): Promise<PgConnectionLike>;
  end(): Promise<void>;
}

/** A `pg` pool as the engine uses it. */
export function fromPgPool(pool: PgPoolLike): PostgresClient {
  const names = new Map<string, string>();

  /** A statement with a name is planned once per connection; other users of the pool must not have the same name. */
  const nameOf = (text: string): string => {
    const known = names.get(text);
    if (known !== undefined) return known;
    const name = `astrid_${createHash("sha256").update(text).digest("hex").slice(0, 40)}`;
    names.set(text, name);
    return name;
  };

  async function withConnection<T>(
    until: number | undefined,
    work: (connection: PgConnectionLike) => Promise<T>,
  ): Promise<T> {
    const connection = await connected(pool, until);
    let isHeld = true;
    const release = (destroy: boolean): void => {
      if (isHeld) connection.release(destroy);
      isHeld = false;
    };
    // The pool listens for errors of idle connections only; a query that is under way rejects by itself.
    const ignore = (): void => undefined;
    connection.on("error", ignore);
    const stop = at(until, () => release(true));
    let failed = true;
    try {
      const result = await work(connection);
      failed = false;
      return result;
    } catch (error) {
      failed = !(error instanceof Error && "severity" in error && error.severity === "ERROR");
      throw error;
    } finally {
      stop();
      connection.off("error", ignore);
      release(failed);
    }
  }

  return {
    query: (text, params, { until } = {}) =>
      withConnection(until, async (connection) => {
        let waitCancelled = false;
        const note = (notice: PostgresNotice): void => {
          waitCancelled ||= saysWaitCancelled(notice);
        };
        connection.on("notice", note);
        try {
          const { rows } = await connection.query({ text, values: [...params], name: nameOf(text) });
          return { rows: rows as Row[], waitCancelled };
        } finally {
          connection.off("notice", note);
        }
      }),
    script: (text) =>
      withConnection(undefined, async (connection) => {
        await connection.query(text);
      }),
    async listen(channel, listener) {
      const connection = await pool.connect();
      let isHeld = true;
      const release = (): void => {
        if (isHeld) connection.release(true);
        isHeld = false;
      };
      // Notifications are a hint: a listener whose connection broke goes on by polling.
      connection.on("error", release);
      connection.on("notification", (message) => listener(message.payload ?? ""));
      try {
        await connection.query(`listen "${channel.replaceAll('"', '""')}"`);
      } catch (error) {
        release();
        throw error;
      }
      return async () => release();
    },
    close: () => pool.end(),
  };
}

/** A connection of the pool; one that comes too late goes back. */
async function connected(pool: PgPoolLike, until: number | undefined): Promise<PgConnectionLike> {
  const connecting = pool.connect();
  return await new Promise((resolve, reject) => {
    const stop = at(until, () => {
      reject(new NotSentError());
      connecting.then((connection) => connection.release()).catch(() => undefined);
    });
    connecting.then(resolve, reject).finally(stop);
  });
}
