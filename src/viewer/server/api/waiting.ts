import { turnOf } from "../../../faces/whose-turn.ts";
import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import { parseSessionId } from "../../../session/session-id.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { Waiting } from "../../shapes.ts";

const MOST = 60;

/** Which of some sessions wait for a person. Their ends are read, and nothing else of them. */
export async function waitingAmong(store: SessionStore, params: URLSearchParams): Promise<Waiting> {
  const ids = params.getAll("id");
  if (ids.length > MOST) throw new InvalidArgumentError(`At most ${MOST} sessions are looked at at once.`);
  const waiting: string[] = [];
  for (const id of ids.map(parseSessionId)) {
    // Removed or damaged since it was listed: the list tells of it.
    const turn = await turnOf(store, id).catch(() => undefined);
    if (turn === "yours") waiting.push(id);
  }
  return { waiting };
}
