import { connect } from "node:net";
import type { QueryResult } from "../../client.ts";
import { saysWaitCancelled, type PostgresNotice } from "../cancelled-wait.ts";
import { at } from "../deadlines.ts";
import { ConnectionLostError, NoAnswerError, sqlstateOf } from "../failure.ts";
import { FENCE, fenceParams, refusal } from "../servers/fence.ts";
import { FencedQuery, type PgWire, type Prepared } from "./fenced-query.ts";
import type { Timeline } from "../servers/timeline.ts";

/** What is used of a client of `pg`. */
export interface PgClientLike {
  query<T extends FencedQuery>(query: T): T;
  query(text: string): Promise<unknown>;
  on(event: "notice", listener: (notice: PostgresNotice) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(
    event: "notification",
    listener: (message: { channel: string; payload?: string | undefined }) => void,
  ): unknown;
  off(event: "notice", listener: (notice: PostgresNotice) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** What `pg` has beside its documented interface: the native client does not. */
interface PgInside {
  readonly host?: string;
  readonly port?: number;
  readonly processID?: number | null;
  readonly secretKey?: number | null;
  readonly connection?: { readonly stream?: PgWire["stream"] };
}

export interface RunStatement {
  readonly text: string;
  readonly params: readonly (string | null)[];
  /** By `performance.now()`. */
  readonly until: number | undefined;
  /** What goes before it. Default: for a primary that tells its timeline. */
  readonly fence?: string;
}

export interface Ran {
  /** Or what became of the statement. */
  readonly result: QueryResult | Error;
  /** Otherwise the connection must be destroyed: something on it was given up, or it is not what it should be. */
  readonly isReusable: boolean;
}

/** So long after the end of its time a statement is cancelled, and then given up, in milliseconds. */
const CANCELLED_AFTER = 60;
const GIVEN_UP_AFTER = 300;

/** The server ends the connection after these, or it is not the one to write to. */
const LAST_WORDS = /^(57P0|08|28|25006|53300|58|XX)/;

/**
 * Runs one statement on a connection that is used for nothing else meanwhile. Never rejects, and ends soon after the
 * time of the statement is over, whatever the server does.
 */
export async function runStatement(
  client: PgClientLike,
  prepared: Prepared,
  timeline: Timeline,
  { text, params, until, fence: check = FENCE }: RunStatement,
): Promise<Ran> {
  const began = performance.now();
  const fence = { text: check, params: fenceParams(timeline, until) };
  const query = new FencedQuery(prepared, fence, text, params);
  let waitCancelled = false;
  const note = (notice: PostgresNotice): void => {
    waitCancelled ||= saysWaitCancelled(notice);
  };
  client.on("notice", note);
  let isLate = false;
  const end = until ?? Infinity;
  // The server ends what takes too long by itself, but for its wait for a standby.
  const stopCancel = at(end + CANCELLED_AFTER, () => {
    isLate = true;
    cancel(client);
  });
  const stopGiveUp = at(end + GIVEN_UP_AFTER, () =>
    query.handleError(new NoAnswerError(performance.now() - began)),
  );
  try {
    client.query(query);
    const { state, rows } = await query.answered;
    if (state["call"] !== fence.params[0]) {
      throw new ConnectionLostError("the answer is that of another call");
    }
    if (!timeline.learn(String(state["timeline"]))) {
      throw new ConnectionLostError("the server that answered is no primary any more");
    }
    return { result: { rows, waitCancelled }, isReusable: !isLate };
  } catch (error) {
    const sqlstate = sqlstateOf(error);
    const isAnswered = sqlstate !== undefined && !LAST_WORDS.test(sqlstate);
    const refused = refusal(error);
    return {
      result: refused ?? (error instanceof Error ? error : new Error(String(error))),
      isReusable: isAnswered && !isLate && refused === undefined,
    };
  } finally {
    stopCancel();
    stopGiveUp();
    client.off("notice", note);
  }
}

/** Whether statements can be run on a client: only on the one in JavaScript, and only when it does not pipeline. */
export function canRun(client: PgClientLike): boolean {
  const inside = client as { connection?: { stream?: unknown; parse?: unknown }; pipeline?: unknown };
  return typeof inside.connection?.parse === "function" && inside.pipeline !== true;
}

/** Ends a connection at once, whatever it is doing. */
export function destroyConnection(client: PgClientLike): void {
  (client as PgInside).connection?.stream?.destroy();
}

/** Asks the server to cancel what it does for a connection; nobody waits for it. The connection must not be used again. */
function cancel(client: PgClientLike): void {
  const { host = "", port = 5432, processID, secretKey } = client as PgInside;
  if (typeof processID !== "number" || typeof secretKey !== "number") return;
  const request = Buffer.alloc(16);
  [16, 80877102, processID, secretKey].forEach((word, index) => request.writeInt32BE(word | 0, index * 4));
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.on("error", () => socket.destroy());
  socket.setTimeout(1000, () => socket.destroy());
  socket.unref();
  socket.end(request);
}
