import type { Session } from "@openai/agents-core";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import { HeldSession } from "./held-session.ts";
import { RecordingSession } from "./recording-session.ts";

/** A session of which a run is recorded. */
interface Recordable {
  readonly recording: RecordingSession;
  /** What the runner is given. */
  readonly shown: Session;
  /** Does the last work on the recording; whoever uses the session meanwhile waits for it. */
  readonly settle: (work: () => Promise<void>) => Promise<void>;
  /** The next call of the session fails with this. */
  readonly failNext: (error: unknown) => void;
}

/** @throws {InvalidArgumentError} when it is neither a session of `openaiSession` nor the SDK's compaction over one. */
export function recordable(session: Session): Recordable {
  const held = heldWithin(session);
  if (held === undefined) {
    throw new InvalidArgumentError(
      "Only a session of openaiSession can be recorded, or OpenAIResponsesCompactionSession over one.",
    );
  }
  const isWrapped = session !== held;
  const recording = new RecordingSession(held.stored, { isWrapped });
  // What wraps the session must see what the runner has stored, as the runner does.
  if (isWrapped) held.standIn(recording);
  return {
    recording,
    shown: isWrapped ? session : recording,
    settle: async (work) => {
      if (!isWrapped) held.standIn(recording);
      try {
        await work();
      } finally {
        held.standIn(undefined);
      }
    },
    failNext: (error) => held.failNext(error),
  };
}

/** The SDK's decorators keep what they wrap under this name. */
function heldWithin(session: unknown): HeldSession | undefined {
  let at = session;
  while (typeof at === "object" && at !== null && !(at instanceof HeldSession))
    at = (at as { readonly underlyingSession?: unknown }).underlyingSession;
  return at instanceof HeldSession ? at : undefined;
}
