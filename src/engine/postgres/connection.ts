import { setTimeout as sleep } from "node:timers/promises";
import { StoreClosedError, type Outcome } from "../../session/errors.ts";
import type { PostgresClient, QueryResult, Row } from "./client.ts";
import { Deadlines } from "./deadlines.ts";
import { failureOf, NoAnswerError, storageError, WaitCancelledError } from "./failure.ts";
import type { Sql } from "./statement.ts";

/** One call of the engine, over as many tries as its time allows. */
export interface Attempt {
  /** Sends a statement; rejects when the call's time is over. */
  send(sql: Sql): Promise<readonly Row[]>;
  /** A try before this one may have been carried out, unknown to us. */
  readonly isSettling: boolean;
}

const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 500;
/** How long a statement whose time is over gets to be cancelled, beyond the patience. */
const CANCELLED_WITHIN = 500;

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
    return this.#run(what, false, work);
  }

  /**
   * Runs what writes, and can tell when it is repeated: after a lost connection `work` runs again, with `isSettling`.
   * @throws {StorageError} whose outcome covers all tries.
   */
  write<T>(what: string, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    return this.#run(what, true, work);
  }

  /** The client, made ready within the patience. */
  async #prepared(what: string, writes: boolean): Promise<PostgresClient> {
    try {
      return (this.#ready = await this.#before(performance.now() + this.patience, this.client()));
    } catch (error) {
      throw storageError(error, what, writes ? "not-stored" : undefined);
    }
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
      await this.#prepare(client);
      return client;
    } catch (error) {
      await client.close().catch(() => undefined);
      throw error;
    }
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

  async #run<T>(what: string, writes: boolean, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    this.assertOpen();
    this.#underWay++;
    try {
      const client = this.#ready ?? (await this.#prepared(what, writes));
      const deadline = performance.now() + this.patience;
      let outcome: Outcome = "not-stored";
      for (let tries = 0; ; tries++) {
        try {
          const send = (sql: Sql): Promise<readonly Row[]> => this.#send(client, sql, deadline);
          return await work({ send, isSettling: outcome === "unknown" });
        } catch (error) {
          const failure = failureOf(error);
          // Once unknown it stays so: that this try was refused says nothing of the one before.
          if (failure.outcome === "unknown") outcome = "unknown";
          const pause = Math.min(FIRST_PAUSE * 2 ** tries, LONGEST_PAUSE) * (0.5 + Math.random());
          if (!failure.again || performance.now() + pause >= deadline) {
            throw storageError(error, what, writes ? outcome : undefined);
          }
          if (failure.readOnly) await this.#dropReadOnly(client, deadline);
          await sleep(pause);
        }
      }
    } finally {
      if (--this.#underWay === 0) this.#idle?.();
    }
  }

  async #send(client: PostgresClient, { text, params }: Sql, deadline: number): Promise<readonly Row[]> {
    let cancel: (() => void) | undefined;
    const answer = client.query(text, params, { onCancel: (how) => (cancel = how) });
    let result: QueryResult;
    try {
      result = await this.#before(deadline, answer);
    } catch (late) {
      if (!(late instanceof NoAnswerError)) throw late;
      // A statement that can be cancelled tells what became of it.
      cancel?.();
      result = await this.#before(performance.now() + CANCELLED_WITHIN, answer);
    }
    if (result.waitCancelled === true) throw new WaitCancelledError();
    return result.rows;
  }

  /** After a fail-over a pooled connection may lead to a server that is read-only now: ends one that does. */
  async #dropReadOnly(client: PostgresClient, deadline: number): Promise<void> {
    const text =
      "select pg_terminate_backend(pg_backend_pid()) where current_setting('transaction_read_only') = 'on'";
    await this.#before(deadline, client.query(text, [])).catch(() => undefined);
  }

  #before<T>(deadline: number, work: Promise<T>): Promise<T> {
    return this.#deadlines.before(deadline, work, () => new NoAnswerError(this.patience));
  }
}
