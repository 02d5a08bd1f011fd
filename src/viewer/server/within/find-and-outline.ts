import { projectMessage, type ProjectedMessage } from "../../../session/projection/project-message.ts";
import type { SessionSnapshot } from "../../../store/reading/snapshot.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { FindResult, Outline } from "../../shapes.ts";
import { numberIn } from "../api/filters.ts";
import { snapshotFor } from "../api/read-session.ts";
import { SessionMap } from "./session-map.ts";
import type { SessionMaps } from "./session-maps.ts";
import { searchedTexts } from "./told-of-message.ts";

/** A session that goes on while it is looked at is looked at so often; then it is told as it was. */
const ROUNDS = 3;

/**
 * What a person asked in a session and where the model says something, from a position on: who has the outline up to
 * there gets only what came since.
 */
export async function outlineOf(
  store: SessionStore,
  maps: SessionMaps,
  id: string,
  params: URLSearchParams,
  signal: AbortSignal,
): Promise<Outline> {
  const from = numberIn(params, "from", 0, Number.MAX_SAFE_INTEGER);
  for (let round = 1; ; round++) {
    using snapshot = await snapshotFor(store, id, params);
    const map = round < ROUNDS ? await mapFor(maps, snapshot, params) : new SessionMap(snapshot);
    await maps.cover(map, snapshot, signal);
    if (map.tag === snapshot.tag || signal.aborted) return map.outline(from);
  }
}

/** Maps are kept of sessions as they are; of what they were one is made for the occasion. */
async function mapFor(
  maps: SessionMaps,
  snapshot: SessionSnapshot,
  params: URLSearchParams,
): Promise<SessionMap> {
  return params.has("revision") ? new SessionMap(snapshot) : await maps.of(snapshot);
}

const MOST_FOUND = 2000;

/** The messages of a session in which a text occurs, whatever the case of its letters. */
export async function findInSession(
  store: SessionStore,
  maps: SessionMaps,
  id: string,
  params: URLSearchParams,
  signal: AbortSignal,
): Promise<FindResult> {
  const wanted = (params.get("q") ?? "").toLowerCase();
  if (wanted === "") return { found: [], more: false };
  using snapshot = await snapshotFor(store, id, params);
  const map = await mapFor(maps, snapshot, params);
  const isOfIt = map.tag === snapshot.tag;
  const ranges = isOfIt ? map.rangesFor(wanted, snapshot.messageCount) : [{}];
  const found: { position: number; part: number; count: number }[] = [];
  for (const range of ranges)
    for await (const { position, message } of snapshot.messages(range)) {
      if (signal.aborted || found.length === MOST_FOUND) return { found, more: true };
      const projected = projectMessage(message);
      // What is read for the first time need not be read again for the outline, or for the next text.
      if (map.tag === snapshot.tag && position === map.covered) map.add(message, projected);
      const hit = findIn(projected, wanted);
      if (hit !== undefined) found.push({ position, ...hit });
    }
  return { found, more: found.length === MOST_FOUND };
}

function findIn(message: ProjectedMessage, wanted: string): { part: number; count: number } | undefined {
  let first: number | undefined;
  let count = 0;
  for (const [index, text] of searchedTexts(message).entries())
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      first ??= index;
      count++;
    }
  return first === undefined ? undefined : { part: first, count };
}
