import { checkOptions } from "../../session/json/arguments.ts";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { Api } from "./api/router.ts";
import { readPageFiles, type PageFile } from "./page-files.ts";
import { Guard } from "./guard/guard.ts";
import { answer, refuse, refuseFor } from "./respond.ts";

export interface ViewerOptions {
  /**
   * Under which addresses browsers reach it, as they write an origin: `http://localhost:4711`, `https://example.org`. A
   * request that names another host is refused, and so is a change that comes from another page.
   */
  readonly origins: readonly string[];
  /**
   * A secret of at least 32 characters: `newToken()`. Whoever opens the page with `?token=…` gets it as a cookie; nothing
   * is read or changed without it. Either this or `authorize`.
   */
  readonly token?: string | undefined;
  /** Your own login instead of a token: whether a request may see this store. Asked for every request, files too. */
  readonly authorize?: ((request: Request) => boolean | Promise<boolean>) | undefined;
  /** The path below which it is mounted: `/sessions/`. Default: `/`. */
  readonly base?: string | undefined;
  /** Nothing can be renamed, tagged, archived or removed. Default: false. */
  readonly readOnly?: boolean | undefined;
  /** Told what went wrong and is nobody's fault but ours, or the store's. Default: nothing. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Where the built page is. Default: in this package. @internal */
  readonly pageFolder?: string | undefined;
}

/** The viewer as a handler of requests: for `serveViewer`, or for a server of your own. */
export interface Viewer {
  /** Answers every request, also with refusals; it does not reject. */
  readonly fetch: (request: Request) => Promise<Response>;
}

/**
 * Sessions of one store in the browser. Who may see them is who has the token, or whom `authorize` lets in; for several
 * users with stores of their own, make a viewer for each.
 * @throws {InvalidArgumentError}
 * @example
 * const viewer = createViewer(store, { origins: ["https://example.org"], base: "/sessions/", authorize: isSignedIn });
 * const response = await viewer.fetch(request);
 */
export function createViewer(store: SessionStore, options: ViewerOptions): Viewer {
  checkOptions(options);
  const { origins, token, authorize, base = "/", readOnly = false, onError, pageFolder } = options;
  if (!base.startsWith("/") || !base.endsWith("/"))
    throw new InvalidArgumentError(`base begins and ends with a slash, unlike ${JSON.stringify(base)}.`);
  const guard = new Guard({ origins, base, token, authorize });
  const api = new Api(store, readOnly);
  let page: Promise<ReadonlyMap<string, PageFile>> | undefined;

  /** Read once; what failed is tried again with the next request. */
  function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
    return (page ??= readPageFiles(pageFolder).catch((error: unknown) => {
      page = undefined;
      throw error;
    }));
  }

  async function route(request: Request): Promise<Response> {
    const refusal = await guard.check(request);
    if (refusal !== undefined) return refusal;
    const { pathname } = new URL(request.url);
    if (`${pathname}/` === base) return answer(null, 308, { location: base });
    const path = pathname.startsWith(base) ? pathname.slice(base.length) : undefined;
    if (path?.startsWith("api/") === true) return await api.answer(path.slice("api/".length), request);
    const file = path === undefined ? undefined : (await pageFiles()).get(path === "" ? "index.html" : path);
    if (file === undefined || request.method === "POST")
      return refuse(404, "NOT_FOUND", "There is nothing at this address.");
    return answer(file.bytes, 200, { "content-type": file.type });
  }

  return {
    fetch: async (request) => {
      try {
        return await route(request);
      } catch (error) {
        const response = refuseFor(error);
        if (response.status >= 500) onError?.(error);
        return response;
      }
    },
  };
}
