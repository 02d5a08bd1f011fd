import type { StorageEngine, StoredSession } from "../engine/contract.ts";
import { stateAt } from "../engine/state-at.ts";
import type { Committed } from "../session/commit.ts";
import { stepsOf, withSteps, type Step } from "../session/context/steps.ts";
import { SessionNotFoundError } from "../session/errors/errors.ts";
import { headChanges, type SessionHead } from "../session/head.ts";
import { jsonEquals } from "../session/json/json.ts";
import type { Message } from "../session/message.ts";
import type { SessionId } from "../session/session-id.ts";
import { takenOverOf, takenOverTokensOf, withTakenOver } from "../session/taken-over.ts";
import { change, countsWithout, firstMessages, spliced, type Change, type Sessions } from "./sessions.ts";

/** Where a session goes back to: behind its first messages, or to what it held at a revision. */
export type RewindTo =
  | { readonly position: number; readonly revision?: undefined }
  | { readonly revision: number; readonly position?: undefined };

/**
 * Takes a session back. What it leaves stays in its history, and `undo` brings it back; title, tags and everything else
 * beside the messages stay as they are.
 * @returns what was committed; `undefined` when the session is there already.
 */
export async function rewind(
  sessions: Sessions,
  id: SessionId,
  to: RewindTo,
): Promise<Committed | undefined> {
  return await change(sessions, id, async (stored) => {
    const target = await targetOf(sessions, stored, to);
    const { messages } = target;
    const kept = sharedBeginning(stored.messages, messages);
    if (kept === stored.messages.length && kept === messages.length) return undefined;
    const step: Step = { kind: "rewind", at: new Date().toISOString(), from: stored.revision, kept };
    const steps = [...stepsOf(stored.head.extra), step];
    return becoming(sessions, stored, kept, { ...target, steps });
  });
}

/**
 * Takes back the latest `rewind` or `compact` of a session that was not taken back yet. What was said since a rewind is
 * left as a rewind leaves it: `undo` once more goes there again. What was done to another session, of which this one is
 * a fork or a copy without history, is not this one's to take back; a summary is.
 * @returns which of the two it was; `undefined` when there is none.
 */
export async function undo(sessions: Sessions, id: SessionId): Promise<Step["kind"] | undefined> {
  let undone: Step["kind"] | undefined;
  await change(sessions, id, async (stored) => {
    const steps = stepsOf(stored.head.extra);
    let last = steps.pop();
    while (last?.kind === "rewind" && !(await isOwn(sessions.engine, id, last))) last = steps.pop();
    undone = last?.kind;
    if (last === undefined) return undefined;
    if (last.kind === "compact") return { set: { extra: withSteps(stored.head.extra, steps) } };
    const target = await targetOf(sessions, stored, { revision: last.from });
    const { messages } = target;
    const kept = sharedBeginning(stored.messages, messages);
    if (kept < stored.messages.length)
      steps.push({ kind: "rewind", at: new Date().toISOString(), from: stored.revision, kept });
    return becoming(sessions, stored, kept, { ...target, steps });
  });
  return undone;
}

/**
 * Whether a rewind was done to this session. A fork, an import and a copy without history begin with the steps of
 * another one, whose revisions are not theirs.
 */
export async function isOwn(
  engine: StorageEngine,
  id: SessionId,
  rewound: Step & { kind: "rewind" },
): Promise<boolean> {
  try {
    for await (const { revision, set } of engine.commits(id, rewound.from)) {
      const noted = set?.extra === undefined ? undefined : stepsOf(set.extra).at(-1);
      return (
        revision === rewound.from + 1 && noted?.kind === "rewind" && jsonEquals({ ...noted }, { ...rewound })
      );
    }
  } catch (error) {
    // There is no history. Where it begins later, what this goes back to is gone, which is told.
    if (!(error instanceof SessionNotFoundError)) throw error;
  }
  return false;
}

/** What a session is to be. */
interface Target {
  readonly messages: readonly Message[];
  /** The strings that say how many of them were said in the session of which it is a fork. */
  readonly custom: SessionHead["custom"];
  /** What it counts of what was said. */
  readonly counts: Pick<SessionHead, "turnCount" | "toolCallCount">;
}

async function targetOf(
  { engine }: Sessions,
  stored: StoredSession,
  { position, revision }: RewindTo,
): Promise<Target> {
  if (revision === undefined) {
    const messages = firstMessages(stored.messages, position);
    const counts = countsWithout(stored.head, stored.messages.slice(messages.length));
    return { messages, custom: stored.head.custom, counts };
  }
  const { head, messages } = await stateAt(engine, stored.id, revision);
  const { custom, turnCount, toolCallCount } = head;
  return { messages, custom, counts: { turnCount, toolCallCount } };
}

function becoming(
  sessions: Sessions,
  stored: StoredSession,
  kept: number,
  { messages, custom: before, counts, steps }: Target & { readonly steps: readonly Step[] },
): Change {
  const { splice, tokenCount } = spliced(
    sessions,
    stored,
    kept,
    stored.messages.length - kept,
    messages.slice(kept),
  );
  const { head } = stored;
  const custom = withTakenOver(head.custom, {
    messages: takenOverOf(before, messages.length),
    tokens: takenOverTokensOf(before, messages.length, tokenCount),
  });
  const next = { ...head, ...counts, custom, tokenCount, extra: withSteps(head.extra, steps) };
  return { splice, set: { tokenCount, ...headChanges(head, next) } };
}

/** How many messages two conversations have in common from the first on. */
function sharedBeginning(left: readonly Message[], right: readonly Message[]): number {
  let shared = 0;
  while (shared < Math.min(left.length, right.length) && jsonEquals(left[shared], right[shared])) shared++;
  return shared;
}
