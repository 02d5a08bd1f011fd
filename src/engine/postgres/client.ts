/** A row, by column. Numbers may come as strings. */
export type Row = Readonly<Record<string, unknown>>;

export interface QueryOptions {
  /**
   * When the caller's time is over, by `performance.now()`. The query then rejects: with `NotSentError` when it was not
   * sent, else with what became of it, as far as that can be told within half a second. Default: it waits for ever.
   */
  readonly until?: number | undefined;
  /** Queries of one lane run one after the other, so that those that wait for a lock leave room for others. Default: none. */
  readonly lane?: string | undefined;
}

export interface QueryResult {
  readonly rows: readonly Row[];
  /**
   * The server cancelled the wait for a synchronous standby (a warning with SQLSTATE 01000 or 57P01): the statement is
   * committed on this server, but may be lost with it. Default: false.
   */
  readonly waitCancelled?: boolean | undefined;
}

/**
 * All that the engine needs of a PostgreSQL driver: single statements, each of which may run on another connection.
 * An answer must be the statement's own, whatever was given up before. Errors carry the server's SQLSTATE as `code`.
 */
export interface PostgresClient {
  /** Runs one statement; `$1` … are the params, each a string or null. */
  query(text: string, params: readonly (string | null)[], options?: QueryOptions): Promise<QueryResult>;

  /** Runs several statements without params in one transaction, for as long as it takes. */
  script(text: string): Promise<void>;

  /**
   * Runs one statement without params outside of any transaction, as making an index beside writers needs. Optional:
   * without it, indexes are made in a transaction, and writers of their table wait.
   */
  alone?(text: string): Promise<void>;

  /** Calls `listener` for every notification on a channel until the returned function is called. Optional. */
  listen?(channel: string, listener: (payload: string) => void): Promise<() => Promise<void>>;

  /** Finishes what is under way and closes what this client opened itself. */
  close(): Promise<void>;
}

/** A statement was given up before it was sent to the server. */
export class NotSentError extends Error {
  override readonly name = "NotSentError";

  constructor(message = "no connection became free in time", options?: ErrorOptions) {
    super(message, options);
  }
}

/** A client that was given to the engine: the caller closes it. */
export function keptOpen(client: PostgresClient): PostgresClient {
  return {
    query: (text, params, options) => client.query(text, params, options),
    script: (text) => client.script(text),
    ...(client.alone && { alone: client.alone.bind(client) }),
    ...(client.listen && { listen: client.listen.bind(client) }),
    close: () => Promise.resolve(),
  };
}
