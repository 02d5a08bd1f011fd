import { InvalidArgumentError } from "../session/errors/errors.ts";
import type { SessionId } from "../session/session-id.ts";
import type { SessionSnapshot } from "../store/reading/snapshot.ts";
import type { SessionStore } from "../store/session-store.ts";

/** A message as answers name it, and as `show` and `read_session` take it. */
export interface Reference {
  /** The session, as it was named. */
  readonly session: string;
  readonly position: number | undefined;
  /** The revision that the position is of; `undefined` for the current one. */
  readonly revision: number | undefined;
}

/**
 * `<session>:<position>@<revision>`. Whatever happens to the session, a reference with a revision means the same message,
 * for as long as the history has it.
 */
export function referenceTo(id: SessionId, position: number, revision: number | undefined): string {
  return `${id}:${position}${revision === undefined ? "" : `@${revision}`}`;
}

/** @throws {InvalidArgumentError} */
export function parseReference(text: string): Reference {
  const colon = text.indexOf(":");
  if (colon < 0) return { session: text, position: undefined, revision: undefined };
  const behind = text.slice(colon + 1);
  const [, position, revision] = /^(\d{1,15})(?:@(\d{1,15}))?$/.exec(behind) ?? [];
  if (position === undefined)
    throw new InvalidArgumentError(
      `Behind the colon stands a message's position, a whole number, with @ and a revision or without, not ${JSON.stringify(behind)}.`,
    );
  return {
    session: text.slice(0, colon),
    position: Number(position),
    revision: revision === undefined ? undefined : Number(revision),
  };
}

/**
 * The session to read from a place on: as it is now where it only went on behind that place, else as it was at the
 * revision. `undefined` when there is none.
 * @throws {InvalidArgumentError} when there is no such revision.
 */
export async function readFrom(
  store: SessionStore,
  id: SessionId,
  { position = 0, revision }: Omit<Reference, "session">,
): Promise<SessionSnapshot | undefined> {
  const current = await store.read(id);
  if (current === undefined || revision === undefined || current.revision === revision) return current;
  if (current.revision > revision && (await isAsItWas(store, current, position, revision))) return current;
  current.close();
  return await store.read(id, { revision });
}

async function isAsItWas(
  store: SessionStore,
  current: SessionSnapshot,
  position: number,
  revision: number,
): Promise<boolean> {
  for await (const step of store.history(current.id)) {
    if (step.revision <= revision) return step.revision === revision;
    // Stored since the snapshot was taken.
    if (step.revision > current.revision) continue;
    const { messages } = step.changed ?? {};
    if (step.isForeign || step.isRemoval || step.changed === undefined) return false;
    if (messages !== undefined && messages.start <= position) return false;
  }
  return false;
}
