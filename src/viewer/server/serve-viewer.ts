/// <reference lib="esnext.disposable" preserve="true" />
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { SessionStore } from "../../store/session-store.ts";
import { createViewer, type Viewer, type ViewerOptions } from "./create-viewer.ts";
import { newToken } from "./guard/token.ts";

export interface ServeOptions extends Pick<ViewerOptions, "readOnly" | "onError"> {
  /** The address to listen at, by which browsers reach it too. Default: `127.0.0.1`, this machine alone. */
  readonly host?: string | undefined;
  /** Default: one that is free. */
  readonly port?: number | undefined;
  /** How long a client may take to say what it wants, in milliseconds. Default: 10,000. */
  readonly patience?: number | undefined;
  /** Where the built page is. Default: in this package. @internal */
  readonly pageFolder?: string | undefined;
}

/** A viewer that is being served. */
export interface ServedViewer extends AsyncDisposable {
  /** The address to open, with the token: whoever has it sees the sessions. */
  readonly url: string;
  readonly port: number;
  /** Ends it, and every connection. */
  close(): Promise<void>;
}

const LARGEST_HEADERS = 8 * 1024;
const PATIENCE = 10_000;

/**
 * Serves a viewer on this machine, with a new token. Only names of this machine are let in.
 * @example await using viewer = await serveViewer(store); console.log(viewer.url);
 */
export async function serveViewer(store: SessionStore, options: ServeOptions = {}): Promise<ServedViewer> {
  const { host = "127.0.0.1", port = 0, patience = PATIENCE, ...rest } = options;
  const viewers: Viewer[] = [];
  const server = createServer(
    {
      maxHeaderSize: LARGEST_HEADERS,
      headersTimeout: patience,
      requestTimeout: patience,
      connectionsCheckingInterval: Math.min(patience, 1000),
    },
    (request, response) => {
      const [viewer] = viewers;
      if (viewer !== undefined) void answerWith(viewer, request, response);
    },
  );
  server.listen(port, host);
  await once(server, "listening");
  const { port: given } = server.address() as AddressInfo;
  const token = newToken();
  const names = isLoopback(host) ? [written(host), "localhost"] : [written(host)];
  const origins = [...new Set(names.map((name) => new URL(`http://${name}:${given}`).origin))];
  viewers.push(createViewer(store, { ...rest, origins, token }));
  const close = async (): Promise<void> => await closed(server);
  return { url: `${origins[0]}/?token=${token}`, port: given, close, [Symbol.asyncDispose]: close };
}

/** Whether an address is this machine's alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function written(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  const ended = once(server, "close");
  server.close();
  server.closeAllConnections();
  await ended;
}

/** Hands a request of Node's to a fetch handler. A reader that goes away ends what is done for it. */
async function answerWith(viewer: Viewer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => {
    gone.abort();
  });
  const { status, headers, body } = await viewer.fetch(requestFrom(request, gone.signal));
  response.writeHead(status, Object.fromEntries(headers));
  if (body === null || request.method === "HEAD") {
    await body?.cancel();
    response.end();
    return;
  }
  await writeAll(body, response, gone.signal);
}

/** As fast as the reader takes it. What fails half-way can only be cut off: the reader sees that it is not whole. */
async function writeAll(
  body: ReadableStream<Uint8Array>,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const giveUp = (): void => void reader.cancel().catch(() => undefined);
  gone.addEventListener("abort", giveUp);
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      if (!response.write(next.value)) await once(response, "drain", { signal: gone });
    response.end();
  } catch {
    response.destroy();
  } finally {
    gone.removeEventListener("abort", giveUp);
  }
}

function requestFrom(request: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", url = "/", headers } = request;
  const given = new Headers();
  for (const [name, value] of Object.entries(headers)) if (typeof value === "string") given.set(name, value);
  const hasBody = method !== "GET" && method !== "HEAD";
  // The name in the address is nobody's: the guard goes by the header, and a request without one is refused.
  return new Request(`http://viewer.invalid${url.startsWith("/") ? url : "/"}`, {
    method: /^(?:CONNECT|TRACE|TRACK)$/i.test(method) ? "OPTIONS" : method,
    headers: given,
    signal,
    ...(hasBody ? { body: Readable.toWeb(request) as ReadableStream, duplex: "half" } : {}),
  });
}
