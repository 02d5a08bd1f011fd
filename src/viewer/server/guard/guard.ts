import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import { answer, refuse } from "../respond.ts";
import { cookieIn, isSame } from "./token.ts";

/** Who may ask, and from where. */
export interface GuardOptions {
  /** The addresses under which browsers reach it, each `http://host:port` or `https://host`. */
  readonly origins: readonly string[];
  /** The path below which it is, with a slash at its end. */
  readonly base: string;
  readonly token: string | undefined;
  readonly authorize: ((request: Request) => boolean | Promise<boolean>) | undefined;
}

/** The header that a page of another origin cannot send without being asked for leave, which is never given. */
const OWN_HEADER = "x-astrid-viewer";

/** Looks at a request before anything else does. */
export class Guard {
  /** By the `Host` that a browser sends. */
  readonly #origins: ReadonlyMap<string, URL>;
  readonly #options: GuardOptions;

  /** @throws {InvalidArgumentError} */
  constructor(options: GuardOptions) {
    this.#origins = new Map(options.origins.map((origin) => originOf(origin)));
    if (this.#origins.size === 0) throw new InvalidArgumentError("A viewer needs an origin at least.");
    if ((options.token === undefined) === (options.authorize === undefined))
      throw new InvalidArgumentError("A viewer needs a token, or authorize: one of the two.");
    if (options.token !== undefined && !/^[\w-]{32,200}$/.test(options.token))
      throw new InvalidArgumentError(
        "A viewer's token has 32 to 200 letters, digits, hyphens and underscores: newToken() makes one.",
      );
    this.#options = options;
  }

  /** @returns the refusal, or `undefined` for a request that may go on. */
  async check(request: Request): Promise<Response | undefined> {
    // A name that was made to point here (DNS rebinding) is not ours: known before anything else is looked at.
    const origin = this.#origins.get(hostOf(request));
    if (origin === undefined) return refuse(421, "WRONG_HOST", "This viewer is not reached under that name.");
    const isWrite = request.method === "POST";
    if (!isWrite && request.method !== "GET" && request.method !== "HEAD")
      return refuse(405, "WRONG_METHOD", "Reading is GET, changing is POST.", { allow: "GET, HEAD, POST" });
    const site = request.headers.get("sec-fetch-site");
    // Other ports of this machine are the same site, and another program's.
    if (site !== null && site !== "same-origin" && (isWrite || site !== "none"))
      return (
        this.#arrival(request, origin) ??
        refuse(403, "WRONG_SITE", "Another page may not ask. Paste the address into the browser instead.")
      );
    if (isWrite) {
      const refusal = checkWrite(request, origin.origin);
      if (refusal !== undefined) return refusal;
    }
    return await this.#checkCaller(request, origin, isWrite);
  }

  async #checkCaller(request: Request, origin: URL, isWrite: boolean): Promise<Response | undefined> {
    const { token, authorize } = this.#options;
    if (authorize !== undefined) {
      if (await authorize(request)) return undefined;
      return refuse(401, "NOT_SIGNED_IN", "Sign in first.");
    }
    const expected = token ?? "";
    const cookie = cookieIn(request.headers.get("cookie"), cookieName(origin));
    if (cookie !== undefined && isSame(cookie, expected))
      return isWrite ? undefined : this.#cleanAddress(request);
    const given = new URL(request.url).searchParams.get("token");
    if (!isWrite && given !== null && isSame(given, expected))
      return this.#welcome(request, origin, expected);
    return refuse(401, "NO_TOKEN", "Open the address that astrid-sessions view printed, with its token.");
  }

  /**
   * A browser that another page, or a file, leads here with the right token: who has it may see everything anyway. The
   * cookie is sent only for what a page of ours asks for, so that this answer goes on by itself instead of redirecting.
   */
  #arrival(request: Request, origin: URL): Response | undefined {
    const { token } = this.#options;
    const { method, headers, url } = request;
    const given = new URL(url).searchParams.get("token");
    const isPage =
      headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document";
    if (method !== "GET" || !isPage || token === undefined || given === null || !isSame(given, token))
      return undefined;
    const refresh = `0; url=${this.#cleaned(request)}`;
    return answer("", 200, {
      "content-type": "text/html; charset=utf-8",
      refresh,
      ...this.#cookie(origin, token),
    });
  }

  /** Whoever comes with the token again needs it in the address no more. */
  #cleanAddress(request: Request): Response | undefined {
    return new URL(request.url).searchParams.has("token") ? this.#redirect(request) : undefined;
  }

  /** The token goes from the address, which is kept and shown, into a cookie, which is not. */
  #welcome(request: Request, origin: URL, token: string): Response {
    return this.#redirect(request, this.#cookie(origin, token));
  }

  #cookie(origin: URL, token: string): Record<string, string> {
    const secure = origin.protocol === "https:" ? "; Secure" : "";
    const { base } = this.#options;
    return {
      "set-cookie": `${cookieName(origin)}=${token}; HttpOnly; SameSite=Strict; Path=${base}${secure}`,
    };
  }

  #redirect(request: Request, headers: Record<string, string> = {}): Response {
    return answer(null, 303, { location: this.#cleaned(request), ...headers });
  }

  /** The address without the token. To the page, whatever was asked for: someone else's address leads nowhere else. */
  #cleaned(request: Request): string {
    const { searchParams } = new URL(request.url);
    searchParams.delete("token");
    return `${this.#options.base}${searchParams.size === 0 ? "" : `?${searchParams.toString()}`}`;
  }
}

/** A page of another origin can send a form, and a text; it can send none of these together. */
function checkWrite(request: Request, origin: string): Response | undefined {
  if (request.headers.get("origin") !== origin)
    return refuse(403, "WRONG_ORIGIN", "Only the viewer's own page may change anything.");
  if (!/^application\/json(?:\s*;\s*charset=utf-8)?$/i.test(request.headers.get("content-type") ?? ""))
    return refuse(415, "NOT_JSON", "What is to be changed is said as application/json.");
  if (request.headers.get(OWN_HEADER) !== "1")
    return refuse(403, "NO_HEADER", `A change carries the header ${OWN_HEADER}: 1.`);
  return undefined;
}

function hostOf(request: Request): string {
  return (request.headers.get("host") ?? new URL(request.url).host).toLowerCase();
}

/** Cookies do not know ports: two viewers on one machine must not take each other's. */
function cookieName(origin: URL): string {
  return `astrid-viewer-${origin.port === "" ? origin.protocol.slice(0, -1) : origin.port}`;
}

function originOf(text: string): [host: string, origin: URL] {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== text)
    throw new InvalidArgumentError(
      `An origin is written as browsers do, http://localhost:4711, not ${JSON.stringify(text)}.`,
    );
  return [url.host, url];
}
