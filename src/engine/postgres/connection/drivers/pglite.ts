import type { PostgresClient, Row } from "../../client.ts";

/** What is used of a PGlite database. */
export interface PgliteLike {
  query(text: string, params?: unknown[]): Promise<{ rows: unknown[] }>;
  exec(text: string): Promise<unknown>;
  listen(channel: string, listener: (payload: string) => void): Promise<(...args: never[]) => Promise<void>>;
  close(): Promise<void>;
}

/** A PGlite database as the engine uses it. */
export function fromPglite(database: PgliteLike): PostgresClient {
  return {
    async query(text, params) {
      const { rows } = await database.query(text, [...params]);
      return { rows: rows as Row[] };
    },
    async script(text) {
      await database.exec(`begin;\n${text};\ncommit;`).catch(async (error: unknown) => {
        await database.exec("rollback").catch(() => undefined);
        throw error;
      });
    },
    async listen(channel, listener) {
      const unlisten = await database.listen(channel, listener);
      return () => unlisten();
    },
    close: () => database.close(),
  };
}
