import type { StorageEngine } from "../../engine/contract.ts";
import type { SessionId } from "../../session/session-id.ts";
import { SessionView } from "../../session/session-view.ts";
import { endOf, readEnd, snapshotAt, snapshotOf } from "./snapshot.ts";
import type { MaybeView } from "../store-options.ts";

/** A part of a session, or an earlier revision of it; `undefined` when there is no session. */
export async function viewOf(
  engine: StorageEngine,
  id: SessionId,
  { lastMessages, revision }: MaybeView,
): Promise<SessionView | undefined> {
  if (revision === undefined && lastMessages !== undefined) {
    const end = await readEnd(engine, id, lastMessages);
    return end && new SessionView(end, end.messages);
  }
  const snapshot = await (revision === undefined ? snapshotOf(engine, id) : snapshotAt(engine, id, revision));
  if (snapshot === undefined) return undefined;
  const end = await endOf(snapshot, lastMessages);
  return new SessionView(end, end.messages);
}
