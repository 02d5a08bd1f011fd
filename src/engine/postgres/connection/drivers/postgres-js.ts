import { InvalidArgumentError } from "../../../../session/errors/errors.ts";
import type { PostgresClient, Row } from "../../client.ts";
import { cancelledWaits } from "../cancelled-wait.ts";
import { inTime } from "../deadlines.ts";
import { ConnectionLostError, NoAnswerError } from "../failure.ts";
import { FENCE, fenceParams, refusal } from "../servers/fence.ts";
import { Lanes } from "./lanes.ts";
import { Timeline } from "../servers/timeline.ts";

interface PostgresJsQueries {
  unsafe(text: string, params?: never[], options?: { prepare?: boolean }): PromiseLike<ArrayLike<unknown>>;
}

/** What is used of a `postgres` (postgres.js) client. */
export interface PostgresJsLike extends PostgresJsQueries {
  begin<T>(work: (transaction: PostgresJsQueries) => Promise<T>): Promise<unknown>;
  listen(channel: string, listener: (payload: string) => void): Promise<{ unlisten: () => Promise<void> }>;
  end(options?: { timeout?: number }): Promise<void>;
  readonly options: object;
}

/**
 * A `postgres` (postgres.js) client as the engine uses it. By itself that driver sends a statement before the one in
 * front of it is answered, and gives it the answer of one that was cancelled: so each statement has a transaction, for
 * which the driver keeps a connection apart, and nothing is ever cancelled. A statement that was given up keeps its
 * connection until it is answered. Give the client `onnotice` of this package.
 *
 * @throws {InvalidArgumentError} for a client that cannot be used safely.
 */
export function fromPostgresJs(sql: PostgresJsLike): PostgresClient {
  const { host, prepare = true } = sql.options as { host?: unknown; prepare?: boolean };
  if (Array.isArray(host) && host.length > 1) {
    throw new InvalidArgumentError(
      "client is a postgres.js client of several hosts, which would use an old primary that comes back: pass the url instead.",
    );
  }
  const lanes = new Lanes();
  const timeline = new Timeline();

  async function answer(
    text: string,
    params: readonly (string | null)[],
    until: number | undefined,
    transaction: PostgresJsQueries,
  ): Promise<Row[]> {
    const fence = fenceParams(timeline, until);
    // Both are sent before the first is answered.
    const passed = transaction.unsafe(FENCE, [...fence] as string[] as never[], { prepare });
    const rows = Promise.resolve(transaction.unsafe(text, params as never[], { prepare }));
    rows.catch(() => undefined);
    const [state] = Array.from(await passed) as Row[];
    if (state?.["call"] !== fence[0]) throw new ConnectionLostError("the answer is not that of this call");
    timeline.learn(String(state["timeline"]));
    return Array.from(await rows) as Row[];
  }

  async function query(
    text: string,
    params: readonly (string | null)[],
    until: number | undefined,
  ): ReturnType<PostgresClient["query"]> {
    const began = performance.now();
    const before = cancelledWaits();
    const answered = sql.begin((transaction) => answer(text, params, until, transaction));
    // The server ends a statement whose time is over, and says so.
    const end = until === undefined ? undefined : until + ANSWERED_WITHIN;
    const late = (): Error => new NoAnswerError(performance.now() - began);
    const rows = await inTime(end, answered, late).catch(async (error: unknown) => {
      // After a fail-over a connection may lead to a server that is read-only now: ends one that does.
      const isReadOnly = (error as { code?: unknown }).code === "25006";
      if (isReadOnly) await sql.unsafe(END_READ_ONLY).then(ignore, ignore);
      throw refusal(error) ?? error;
    });
    return { rows: rows as Row[], waitCancelled: cancelledWaits() !== before };
  }

  async function script(text: string): Promise<void> {
    await sql.unsafe(text);
  }

  return {
    query: (text, params, { until, lane } = {}) => lanes.run(lane, until, () => query(text, params, until)),
    script,
    // A single statement of the simple protocol is in no transaction.
    alone: script,
    async listen(channel, listener) {
      const { unlisten } = await sql.listen(channel, listener);
      return () => unlisten();
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

/** So long after the end of its time a statement may be answered, in milliseconds. */
const ANSWERED_WITHIN = 300;

const END_READ_ONLY =
  "select pg_terminate_backend(pg_backend_pid()) where current_setting('transaction_read_only') = 'on'";

function ignore(): void {
  // The next try tells.
}
