import type { StoredCommit } from "../../../index.ts";
import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { SessionChanged } from "../../shapes.ts";
import { answer } from "../respond.ts";
import { rowOf } from "./session-row.ts";

/**
 * What is stored, as it is stored (server-sent events): commits of one session, or the rows of all that change. Nothing
 * is looked for at intervals, and nothing is read that the reader has no room for; it ends when the reader goes.
 * @param onRow called before a row is told.
 */
export function eventsOf(
  store: SessionStore,
  params: URLSearchParams,
  request: Request,
  onRow: (id: string) => void,
): Response {
  const id = params.get("session");
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, request.signal]);
  const events =
    id === null
      ? rowEvents(store, signal, onRow)
      : commitEvents(store, id, revisionBefore(request, params), signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        controller.enqueue(encoder.encode(": watching\n\n"));
      },
      // Not awaited by whoever pulls before there is an event: a reader that goes ends the waiting by the signal.
      pull: async (controller) => {
        try {
          const next = await events.next();
          if (next.done === true) controller.close();
          else controller.enqueue(encoder.encode(next.value));
        } catch (error) {
          if (signal.aborted) controller.close();
          else controller.error(error);
        }
      },
      cancel: () => {
        ended.abort();
      },
    },
    { highWaterMark: 1 },
  );
  return answer(body, 200, { "content-type": "text/event-stream; charset=utf-8" });
}

async function* rowEvents(
  store: SessionStore,
  signal: AbortSignal,
  onRow: (id: string) => void,
): AsyncGenerator<string> {
  for await (const summary of store.watchSessions({}, { signal })) {
    onRow(summary.id);
    yield eventText("row", rowOf(summary));
  }
}

async function* commitEvents(
  store: SessionStore,
  id: string,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const commit of store.watch(id, { after, signal })) {
    if (commit.removed === true) break;
    yield `id: ${commit.revision}\n${eventText("changed", changeOf(commit))}`;
  }
  if (!signal.aborted) yield eventText("removed", {});
}

function changeOf({ revision, messageCount, splice }: StoredCommit): SessionChanged {
  return { revision, messageCount, from: splice === undefined ? null : splice[0] };
}

/** JSON has no line of its own within: one line of data is one value. */
function eventText(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}

/** Where the reader is: a browser that comes again says which event it had last. */
function revisionBefore(request: Request, params: URLSearchParams): number | undefined {
  const told = request.headers.get("last-event-id") ?? params.get("after");
  if (told === null || told === "") return undefined;
  if (!/^\d{1,15}$/.test(told)) throw new InvalidArgumentError("after is a revision, a whole number.");
  return Number(told);
}
