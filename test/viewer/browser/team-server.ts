import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { SessionStore } from "../../../src/index.ts";
import { createViewer, type Viewer } from "../../../src/viewer.ts";

/** The name in a cookie of this server's own login. */
function userOf(cookies: string | null): string | undefined {
  return /(?:^|;\s*)user=(\w+)/.exec(cookies ?? "")?.[1];
}

/** A team's own server: its login is a page that gives a cookie, and each user sees the sessions of their tenant. */
export class TeamServer {
  readonly #server: Server;
  readonly #pageFolder: string;
  readonly #storeOf: (user: string) => SessionStore;
  #first = "";
  readonly #viewers = new Map<string, Viewer>();

  constructor(pageFolder: string, storeOf: (user: string) => SessionStore) {
    this.#pageFolder = pageFolder;
    this.#storeOf = storeOf;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @returns the address by which a user signs in. */
  async listen(user: string): Promise<{ url: string; close: () => Promise<void> }> {
    this.#first = user;
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return { url: `${this.#origin}/login?user=${user}`, close: () => this.#close() };
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.#origin);
    if (url.pathname === "/login") {
      const { user = "", ...parts } = Object.fromEntries(url.searchParams);
      const query = new URLSearchParams(parts).toString();
      const location = `/sessions/${query === "" ? "" : `?${query}`}`;
      response.writeHead(303, { location, "set-cookie": `user=${user}; HttpOnly; SameSite=Strict; Path=/` });
      response.end();
      return;
    }
    // Whoever is not signed in is refused by any viewer.
    const user = userOf(request.headers.cookie ?? null) ?? this.#first;
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const { status, headers, body } = await this.#viewerOf(user).fetch(
      new Request(url, {
        method: request.method ?? "GET",
        headers: request.headers as Record<string, string>,
        signal: gone.signal,
        ...(request.method === "POST"
          ? { body: Readable.toWeb(request) as ReadableStream, duplex: "half" }
          : {}),
      }),
    );
    response.writeHead(status, Object.fromEntries(headers));
    response.flushHeaders();
    // A reader may go at any time.
    await pipeline(body === null ? [] : (body as AsyncIterable<Uint8Array>), response).catch(() => undefined);
  }

  #viewerOf(user: string): Viewer {
    const viewer =
      this.#viewers.get(user) ??
      createViewer(this.#storeOf(user), {
        origins: [this.#origin],
        base: "/sessions/",
        authorize: ({ headers }) => userOf(headers.get("cookie")) === user,
        pageFolder: this.#pageFolder,
      });
    this.#viewers.set(user, viewer);
    return viewer;
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
