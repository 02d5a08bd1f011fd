import type Pg from "pg";
import { NotSentError, type QueryResult } from "../../client.ts";
import { nameOf, type Address, type Host } from "../servers/address.ts";
import { at } from "../deadlines.ts";
import { ConnectionLostError, sqlstateOf } from "../failure.ts";
import { Prepared } from "./fenced-query.ts";
import { FENCE, NotPrimaryError, SILENT_FENCE } from "../servers/fence.ts";
import { destroyConnection, runStatement, type RunStatement } from "./statement-runner.ts";
import type { Timeline } from "../servers/timeline.ts";

/** What a server says of itself. */
export interface ServerState {
  readonly isStandby: boolean;
  /** "" for a standby, and for a server that does not tell. */
  readonly timeline: string;
  /** When it was started, in seconds since 1970. */
  readonly startedAt: number;
}

const STARTED = "extract(epoch from pg_postmaster_start_time())::text as started";
const STATE = `select pg_is_in_recovery() as standby, ${STARTED}, case when pg_is_in_recovery() then ''
  else substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) end as timeline`;
const STATE_OF_SILENT = `select pg_is_in_recovery() as standby, ${STARTED}, '' as timeline`;

/** A connection of `pg`, on which one statement runs at a time; destroyed, and never used again, when one was given up. */
export class PgConnection {
  readonly host: Host;
  readonly client: Pg.Client;
  state: ServerState = { isStandby: false, timeline: "", startedAt: 0 };
  isOpen = true;
  /** Since when a statement runs on it, by `performance.now()`. */
  busySince: number | undefined;
  readonly #prepared = new Prepared();
  #isSilent = false;
  #reason: Error | undefined;
  #onClosed: (reason: string) => void = () => undefined;

  constructor(pg: typeof Pg, address: Address, host: Host, prepare: boolean) {
    this.host = host;
    this.client = new pg.Client({ connectionString: address.urlOf(host), keepAlive: true });
    if (!prepare) this.#prepared.useNoNames();
    // Before anything can come: an error that nobody listens to ends the process.
    this.client.on("error", (error) => this.destroy(error));
    this.client.on("end", () => this.destroy(new ConnectionLostError("the connection was closed")));
  }

  onClosed(listener: (reason: string) => void): void {
    this.#onClosed = listener;
  }

  /** @param until by `performance.now()`. @throws {NotSentError} or what the server says. */
  async open(until: number): Promise<void> {
    const stop = at(until, () => this.destroy(new Error("no answer")));
    try {
      await this.client.connect();
      this.state = await this.ask();
      if (!this.isOpen) throw new Error("it was closed");
    } catch (error) {
      const reason = this.#reason ?? (error as Error);
      this.destroy(reason);
      if (sqlstateOf(error) !== undefined) throw error;
      throw new NotSentError(`${nameOf(this.host)}: ${reason.message}`, { cause: error });
    } finally {
      stop();
    }
  }

  /** What the server says of itself. */
  async ask(): Promise<ServerState> {
    const { rows } = await this.client
      .query<{ standby: boolean; started: string; timeline: string }>(
        this.#isSilent ? STATE_OF_SILENT : STATE,
      )
      .catch((error: unknown) => {
        // No such function, not supported, not allowed, not in this state.
        const isUnknown = ["42883", "0A000", "42501", "55000"].includes(
          (error as { code?: string }).code ?? "",
        );
        if (this.#isSilent || !isUnknown) throw error;
        this.#isSilent = true;
        return this.client.query<{ standby: boolean; started: string; timeline: string }>(STATE_OF_SILENT);
      });
    const [{ standby, started, timeline } = { standby: true, started: "0", timeline: "" }] = rows;
    return { isStandby: standby, timeline, startedAt: Number(started) };
  }

  /** @throws {NotPrimaryError} unless this is the primary, as far as this process knows. */
  assertPrimary(timeline: Timeline): void {
    const why = this.state.isStandby
      ? "it is a standby"
      : timeline.learn(this.state.timeline)
        ? undefined
        : "it is an old primary";
    if (why === undefined) return;
    this.destroy(new Error(why));
    throw new NotPrimaryError(`${nameOf(this.host)}: ${why}`);
  }

  async run(timeline: Timeline, statement: RunStatement): Promise<QueryResult> {
    this.busySince = performance.now();
    const { result, isReusable } = await runStatement(this.client, this.#prepared, timeline, {
      fence: this.#isSilent ? SILENT_FENCE : FENCE,
      ...statement,
    });
    this.busySince = undefined;
    const reason = this.#reason;
    if (!isReusable) this.destroy(result instanceof Error ? result : new Error("it was late"));
    if (!(result instanceof Error)) return result;
    // What ended the connection says more than that it ended.
    throw reason instanceof ConnectionLostError && sqlstateOf(result) === undefined ? reason : result;
  }

  /** Several statements without params in one transaction, for as long as it takes. */
  async script(text: string): Promise<void> {
    this.busySince = performance.now();
    try {
      await this.client.query(text);
    } catch (error) {
      if (sqlstateOf(error) === undefined) this.destroy(error as Error);
      throw error;
    } finally {
      this.busySince = undefined;
    }
  }

  /** Says good-bye, and waits for no answer. */
  close(): void {
    if (!this.isOpen) return;
    this.client.end().catch(() => undefined);
    const timer = setTimeout(() => destroyConnection(this.client), 500);
    timer.unref();
    this.#end(new Error("it was not needed any more"));
  }

  /** Ends it at once. What runs on it fails. */
  destroy(reason: Error): void {
    if (!this.isOpen) return;
    this.#end(reason);
    destroyConnection(this.client);
  }

  #end(reason: Error): void {
    this.isOpen = false;
    this.#reason = reason;
    this.#onClosed(reason.message);
  }
}
