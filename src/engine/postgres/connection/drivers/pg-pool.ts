import { InvalidArgumentError } from "../../../../session/errors/errors.ts";
import { NotSentError, type PostgresClient, type QueryResult } from "../../client.ts";
import { at } from "../deadlines.ts";
import { Prepared } from "./fenced-query.ts";
import { Lanes } from "./lanes.ts";
import { quoted } from "../../statement.ts";
import { canRun, destroyConnection, runStatement, type PgClientLike } from "./statement-runner.ts";
import { Timeline } from "../servers/timeline.ts";

type Connected = (
  error: Error | undefined,
  client: PgClientLike | undefined,
  release: (destroy?: boolean) => void,
) => void;

/** What is used of a `pg` pool. */
export interface PgPoolLike {
  connect(connected: Connected): void;
  end(): Promise<void>;
}

interface Taken {
  readonly client: PgClientLike;
  /** Gives it back, or ends it. */
  readonly release: (isReusable: boolean) => void;
}

/** A `pg` pool as the engine uses it. */
export function fromPgPool(pool: PgPoolLike): PostgresClient {
  const prepared = new WeakMap<PgClientLike, Prepared>();
  const lanes = new Lanes();
  const timeline = new Timeline();

  async function query(
    text: string,
    params: readonly (string | null)[],
    until: number | undefined,
  ): Promise<QueryResult> {
    const { client, release } = await take(pool, until);
    let statements = prepared.get(client);
    if (statements === undefined) prepared.set(client, (statements = new Prepared()));
    const { result, isReusable } = await runStatement(client, statements, timeline, { text, params, until });
    release(isReusable);
    if (result instanceof Error) throw result;
    return result;
  }

  async function script(text: string): Promise<void> {
    const { client, release } = await take(pool, undefined);
    let isReusable = false;
    try {
      await client.query(text);
      isReusable = true;
    } catch (error) {
      isReusable = (error as { severity?: unknown }).severity === "ERROR";
      throw error;
    } finally {
      release(isReusable);
    }
  }

  return {
    query: (text, params, { until, lane } = {}) => lanes.run(lane, until, () => query(text, params, until)),
    script,
    // A single statement of the simple protocol is in no transaction.
    alone: script,
    async listen(channel, listener) {
      const { client, release } = await take(pool, undefined);
      // Notifications are a hint: a listener whose connection broke goes on by looking.
      client.on("error", () => release(false));
      client.on("end", () => release(false));
      client.on("notification", (message) => listener(message.payload ?? ""));
      try {
        await client.query(`listen ${quoted(channel)}`);
      } catch (error) {
        release(false);
        throw error;
      }
      return async () => release(false);
    },
    close: () => pool.end(),
  };
}

/** A connection of the pool; one that comes too late goes back. */
function take(pool: PgPoolLike, until: number | undefined): Promise<Taken> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const stop = at(until, () => {
      isLate = true;
      reject(new NotSentError());
    });
    // By a callback, which is called at once: an error that comes before anyone listens would end the process.
    pool.connect((error, client, giveBack) => {
      stop();
      if (client === undefined) {
        reject(error ?? new NotSentError("the pool gave no connection"));
        return;
      }
      const ignore = (): void => undefined;
      client.on("error", ignore);
      let isTaken = true;
      const release = (isReusable: boolean): void => {
        if (!isTaken) return;
        isTaken = false;
        if (!isReusable) destroyConnection(client);
        giveBack(!isReusable);
        // The pool listens now; one that was destroyed may still have something to say.
        if (isReusable) client.off("error", ignore);
      };
      if (isLate) release(true);
      else if (canRun(client)) resolve({ client, release });
      else {
        release(true);
        reject(
          new InvalidArgumentError(
            "client is a pool of pg-native, or one that pipelines: pass a Pool of pg without pipeline, or the url.",
          ),
        );
      }
    });
  });
}
