import { setTimeout as sleep } from "node:timers/promises";
import { StorageError, StoreClosedError, type Outcome } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { PostgresClient, Row } from "../client.ts";
import type { Sql } from "../statement.ts";
import { Deadlines } from "./deadlines.ts";
import { failureOf, NoAnswerError, NotReadyError, storageError, WaitCancelledError } from "./failure.ts";
import { publish } from "./metrics.ts";

/** One call of the engine, over as many tries as its time allows. */
export interface Attempt {
  /** Sends a statement; rejects when the call's time is over. */
  send(sql: Sql): Promise<readonly Row[]>;
  /** A try before this one may have been carried out, unknown to us. */
  readonly isSettling: boolean;
}

const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 500;
/** How long a client may take to tell what became of a statement whose time is over, beyond the patience. */
const SETTLED_WITHIN = 450;

interface Call {
  /** To follow "Could not". */
  readonly what: string;
  readonly writes: boolean;
  readonly lane: string | undefined;
}

/**
 * The way to the database for everything that the engine does: prepares it on first use, tries again what may go
 * better, and answers within the patience that it was given, whatever the network does.
 */
export class Connection {
  readonly patience: number;
  readonly #connect: () => Promise<PostgresClient>;
  readonly #prepare: (client: PostgresClient) => Promise<void>;
  #client: Promise<PostgresClient> | undefined;
  /** The client, perhaps not ready yet. */
  #connected: Promise<PostgresClient> | undefined;
  #ready: PostgresClient | undefined;
  readonly #deadlines = new Deadlines();
  #underWay = 0;
  #idle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  /**
   * @param connect makes the client; called on first use, and again when it or the next step failed.
   * @param prepare sees to the tables.
   */
  constructor(
    connect: () => Promise<PostgresClient>,
    prepare: (client: PostgresClient) => Promise<void>,
    patience: number,
  ) {
    this.#connect = connect;
    this.#prepare = prepare;
    this.patience = patience;
  }

  /** Runs what writes nothing. @param what to follow "Could not". */
  read<T>(what: string, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    return this.#run({ what, writes: false, lane: undefined }, work);
  }

  /**
   * Runs what writes, and can tell when it is repeated: after a lost connection `work` runs again, with `isSettling`.
   * @param session whose row it locks: its calls wait for each other, and never keep those of others waiting.
   * @throws {StorageError} whose outcome covers all tries.
   */
  write<T>(what: string, work: (attempt: Attempt) => Promise<T>, session?: SessionId): Promise<T> {
    return this.#run({ what, writes: true, lane: session }, work);
  }

  /** The client, ready. */
  async client(): Promise<PostgresClient> {
    this.assertOpen();
    const client = (this.#client ??= this.#open());
    try {
      return await client;
    } catch (error) {
      if (this.#client === client) this.#client = undefined;
      throw error;
    }
  }

  async #open(): Promise<PostgresClient> {
    const client = await (this.#connected = this.#connect());
    try {
      await this.#prepare(this.#bounded(client));
      return client;
    } catch (error) {
      await client.close().catch(() => undefined);
      throw error;
    }
  }

  /** The same client, none of whose queries waits for ever. */
  #bounded(client: PostgresClient): PostgresClient {
    return {
      query: (text, params, options) => {
        const until = options?.until ?? performance.now() + this.patience;
        return this.#answer(client, { text, params }, until, options?.lane);
      },
      script: (text) => client.script(text),
      ...(client.alone && { alone: client.alone.bind(client) }),
      close: () => client.close(),
    };
  }

  assertOpen(): void {
    if (this.#closed !== undefined) throw new StoreClosedError();
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    // Whoever waits for it to be made ready may wait for long: what it does fails now.
    const client = await this.#connected?.catch(() => undefined);
    await client?.close();
  }

  async #run<T>(call: Call, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    this.assertOpen();
    this.#underWay++;
    const began = performance.now();
    const until = began + this.patience;
    let outcome: Outcome = "not-stored";
    let tries = 0;
    let failed: StorageError | undefined;
    let before: unknown;
    try {
      for (; ; tries++) {
        try {
          const client = (this.#ready ??= await this.#preparedBy(until));
          const send = async (sql: Sql): Promise<readonly Row[]> => {
            const result = await this.#answer(client, sql, until, call.lane);
            if (result.waitCancelled === true) throw new WaitCancelledError();
            return result.rows;
          };
          return await work({ send, isSettling: outcome === "unknown" });
        } catch (error) {
          const failure = failureOf(error);
          // Once unknown it stays so: that this try was refused says nothing of the one before.
          if (failure.outcome === "unknown") outcome = "unknown";
          const base = failure.atOnce ? FIRST_PAUSE : Math.min(FIRST_PAUSE * 2 ** tries, LONGEST_PAUSE);
          const pause = base * (0.5 + Math.random());
          if (!failure.again || performance.now() + pause >= until) {
            const why = error instanceof NotReadyError ? error.because(before) : error;
            const thrown = storageError(why, call.what, call.writes ? outcome : undefined);
            if (thrown instanceof StorageError) failed = thrown;
            throw thrown;
          }
          before = error;
          publish("retry", () => ({ what: call.what, error, unknown: outcome === "unknown" }));
          await sleep(pause);
        }
      }
    } finally {
      if (--this.#underWay === 0) this.#idle?.();
      const { what, writes } = call;
      const milliseconds = performance.now() - began;
      publish("call", () => ({
        ...{ what, writes, milliseconds, tries: tries + 1 },
        ...{ code: failed?.code, outcome: failed?.outcome },
      }));
    }
  }

  #preparedBy(until: number): Promise<PostgresClient> {
    return this.#deadlines.before(until, this.client(), () => new NotReadyError(this.patience));
  }

  /** A client that does not keep to the time that it was given is not waited for. */
  #answer(
    client: PostgresClient,
    { text, params }: Sql,
    until: number,
    lane: string | undefined,
  ): ReturnType<PostgresClient["query"]> {
    return this.#deadlines.before(
      until + SETTLED_WITHIN,
      client.query(text, params, { until, lane }),
      () => new NoAnswerError(this.patience),
    );
  }
}
