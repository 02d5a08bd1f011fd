import { cancelledWaits } from "./cancelled-wait.ts";
import type { PostgresClient, Row } from "./client.ts";

interface PendingRows extends PromiseLike<ArrayLike<unknown>> {
  cancel?(): unknown;
}

/** What is used of a `postgres` (postgres.js) client. */
export interface PostgresJsLike {
  unsafe(text: string, params?: never[], options?: { prepare?: boolean }): PendingRows;
  listen(channel: string, listener: (payload: string) => void): Promise<{ unlisten: () => Promise<void> }>;
  end(options?: { timeout?: number }): Promise<void>;
}

/** A `postgres` (postgres.js) client as the engine uses it. Give the client `onnotice` of this package. */
export function fromPostgresJs(sql: PostgresJsLike): PostgresClient {
  return {
    async query(text, params, { onCancel } = {}) {
      const before = cancelledWaits();
      const pending = sql.unsafe(text, params as never[], { prepare: true });
      // A cancellation opens a connection of its own, which may fail too: nobody waits for it.
      onCancel?.(() => void Promise.resolve(pending.cancel?.()).catch(() => undefined));
      const rows = Array.from(await pending) as Row[];
      return { rows, waitCancelled: cancelledWaits() !== before };
    },
    async script(text) {
      await sql.unsafe(text);
    },
    async listen(channel, listener) {
      const { unlisten } = await sql.listen(channel, listener);
      return () => unlisten();
    },
    close: () => sql.end({ timeout: 5 }),
  };
}
