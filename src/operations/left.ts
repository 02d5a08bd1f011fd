import type { StorageEngine } from "../engine/contract.ts";
import { stateAt } from "../engine/state-at.ts";
import { stepsOf } from "../session/context/steps.ts";
import { SessionNotFoundError } from "../session/errors/errors.ts";
import type { SessionHead } from "../session/head.ts";
import type { Message } from "../session/message.ts";
import type { SessionId } from "../session/session-id.ts";
import { isOwn } from "./rewind.ts";

/** Messages that a session left by going back, and the position in the conversation where they left it. */
export interface LeftBranch {
  readonly position: number;
  readonly messages: readonly Message[];
}

/** Where a session was taken back with `rewind`, as far as its own history tells: the places, the first one first. */
export async function placesOfRewinds(
  engine: StorageEngine,
  id: SessionId,
  head: Pick<SessionHead, "extra">,
): Promise<readonly { readonly position: number; readonly revision: number }[]> {
  const places: { position: number; revision: number }[] = [];
  const rewinds = stepsOf(head.extra).filter((step) => step.kind === "rewind");
  const first = rewinds.length === 0 ? 1 : await firstRevision(engine, id);
  for (const step of rewinds) {
    // What it left may have been given up.
    if (step.from < first || !(await isOwn(engine, id, step))) continue;
    // Who goes back further takes what was left before along.
    for (const place of places) place.position = Math.min(place.position, step.kept);
    places.push({ position: step.kept, revision: step.from });
  }
  return places;
}

/** The first revision that a session's history has. */
async function firstRevision(engine: StorageEngine, id: SessionId): Promise<number> {
  try {
    for await (const { revision } of engine.commits(id, 0)) return revision;
  } catch (error) {
    if (!(error instanceof SessionNotFoundError)) throw error;
  }
  return 1;
}

/** What `rewind` left, from the session's history. In memory: the session at each of those revisions. */
export async function leftByRewinds(
  engine: StorageEngine,
  id: SessionId,
  head: Pick<SessionHead, "extra">,
): Promise<readonly LeftBranch[]> {
  const left: LeftBranch[] = [];
  for (const { position, revision } of await placesOfRewinds(engine, id, head)) {
    const { messages } = await stateAt(engine, id, revision);
    left.push({ position, messages: messages.slice(position) });
  }
  return left;
}
