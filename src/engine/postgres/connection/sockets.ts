import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type PostgresJs from "postgres";
import { NotSentError } from "../client.ts";

/** Where a server listens. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

export function nameOf({ host, port }: Host): string {
  return `${host}:${port}`;
}

/** The first host of a client; `undefined` when it is a path. */
export function hostOf({ options }: ReturnType<typeof PostgresJs>): Host | undefined {
  const [[host], [port]] = [options.host, options.port];
  return host === undefined || port === undefined || options.path ? undefined : { host, port };
}

/**
 * Makes the sockets for a postgres.js client. By itself it never tires of a server that hangs up at once: it tries
 * again as fast as it can, whoever waits, and does not end when it is told to.
 */
export function giveSockets(sql: ReturnType<typeof PostgresJs>, open: () => Promise<Socket>): void {
  // An option that its documentation has, and its types lack.
  Object.assign(sql.options, { socket: () => open().catch(failing) });
}

/** So many bytes are a request to cancel a statement, the only one that a server answers by hanging up. */
const CANCEL_REQUEST = 16;

/** @param timeout for the connection, in milliseconds. @throws {NotSentError} */
export async function openSocket(host: Host, timeout: number): Promise<Socket> {
  const socket = connect(host.port, host.host);
  const late = setTimeout(() => socket.destroy(new Error("no answer")), timeout);
  try {
    await once(socket, "connect");
  } catch (error) {
    throw new NotSentError(`${nameOf(host)}: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(late);
  }
  socket.once("end", () => {
    const isAnswered = socket.bytesRead > 0 || socket.bytesWritten === CANCEL_REQUEST;
    if (!isAnswered) socket.destroy(new NotSentError(`${nameOf(host)}: the connection was closed`));
  });
  // The name that TLS finds in the certificate.
  return Object.assign(socket, host);
}

/**
 * Fails when it is written to, as whoever connects does first: postgres.js loses count of its connections when it gets
 * no socket at all, and a later one never sends when this one fails before.
 */
function failing(error: Error): Duplex {
  return new Duplex({
    read: () => undefined,
    write(_chunk, _encoding, written) {
      setImmediate(written, error);
    },
  });
}
