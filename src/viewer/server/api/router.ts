import { exportSession } from "../../../exporters/export-session.ts";
import { parseSessionId } from "../../../session/session-id.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import { answer, json, refuse } from "../respond.ts";
import { findInSession, outlineOf } from "../within/find-and-outline.ts";
import { SessionMaps } from "../within/session-maps.ts";
import { compareRevision } from "./compare.ts";
import { eventsOf } from "./events.ts";
import { historyPage } from "./history.ts";
import { listSessions, searchSessions } from "./list-sessions.ts";
import { overviewOf } from "./overview.ts";
import { imageOfMessage, messagePage, pieceOfPart, rawMessage, sessionDetails } from "./read-session.ts";
import { RecentList } from "./recent-list.ts";
import { waitingAmong } from "./waiting.ts";
import { write } from "./writes.ts";

/** What the page asks for, below `api/`; whoever asks has been looked at before. */
export class Api {
  readonly #store: SessionStore;
  readonly #readOnly: boolean;
  readonly #recent: RecentList;
  readonly #maps: SessionMaps;

  constructor(store: SessionStore, readOnly: boolean) {
    this.#store = store;
    this.#readOnly = readOnly;
    this.#recent = new RecentList(store);
    this.#maps = new SessionMaps(store);
  }

  /** @param path what stands behind `api/`. */
  async answer(path: string, request: Request): Promise<Response> {
    const params = new URL(request.url).searchParams;
    const [area = "", id = "", verb = "", ...more] = path.split("/");
    if (more.length > 0) return notFound();
    if (request.method === "POST") return await this.#write(area, id, verb, request);
    if (area === "sessions" && id !== "") return await this.#readSession(parseSessionId(id), verb, request);
    if (id !== "") return notFound();
    switch (area) {
      case "sessions":
        return json(await listSessions(this.#store, this.#recent, params, this.#readOnly));
      case "overview":
        return json(await overviewOf(this.#recent, params));
      case "waiting":
        return json(await waitingAmong(this.#store, params));
      case "search":
        return json(await searchSessions(this.#store, this.#recent, params));
      case "events":
        return eventsOf(this.#store, params, request, (id) => this.#recent.note(id));
      default:
        return notFound();
    }
  }

  async #write(area: string, id: string, verb: string, request: Request): Promise<Response> {
    if (area !== "sessions" || id === "" || verb === "") return notFound();
    if (this.#readOnly) return refuse(403, "READ_ONLY", "This viewer changes nothing.");
    try {
      return await write(this.#store, parseSessionId(id), verb, request);
    } finally {
      this.#recent.note(id);
    }
  }

  async #readSession(id: string, verb: string, request: Request): Promise<Response> {
    const store = this.#store;
    const params = new URL(request.url).searchParams;
    switch (verb) {
      case "":
        return json(await this.#maps.before(() => sessionDetails(store, id, this.#readOnly)));
      case "messages":
        return json(await this.#maps.before(() => messagePage(store, id, params)));
      case "part":
        return json(await pieceOfPart(store, id, params));
      case "raw":
        return answer(await rawMessage(store, id, params), 200, {
          "content-type": "application/json; charset=utf-8",
        });
      case "image": {
        const { mediaType, base64 } = await imageOfMessage(store, id, params);
        return answer(new Uint8Array(Buffer.from(base64, "base64")), 200, { "content-type": mediaType });
      }
      case "outline":
        return json(await outlineOf(store, this.#maps, id, params, request.signal));
      case "find":
        return json(
          await this.#maps.before(() => findInSession(store, this.#maps, id, params, request.signal)),
        );
      case "history":
        return json(await historyPage(store, id, params));
      case "compare":
        return json(await compareRevision(store, id, params));
      case "export":
        return await exported(store, id);
      default:
        return notFound();
    }
  }
}

function notFound(): Response {
  return refuse(404, "NOT_FOUND", "There is nothing at this address.");
}

/** A session as JSON lines, as fast as the reader takes them. */
async function exported(store: SessionStore, id: string): Promise<Response> {
  const texts = exportSession(store, id);
  // What is wrong from the beginning is told as an answer, not as a file that ends early.
  const first = await texts.next();
  const encoder = new TextEncoder();
  let held: IteratorResult<string> | undefined = first;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = held ?? (await texts.next());
        held = undefined;
        if (next.done === true) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      cancel: async () => {
        await texts.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
  return answer(body, 200, {
    "content-type": "application/x-ndjson; charset=utf-8",
    "content-disposition": `attachment; filename="${id}.jsonl"`,
  });
}
