import type { CallModelInputFilter, Runner, Session, SessionInputCallback } from "@openai/agents-core";
import type { OpenAISession } from "./openai-session.ts";
import { RecordingSession } from "./recording-session.ts";

/** Options of a run that is recorded; pass all of them on to the runner. */
export interface Recording {
  readonly session: Session;
  readonly sessionInputCallback: SessionInputCallback;
  readonly callModelInputFilter: CallModelInputFilter;
}

/**
 * Runs an agent so that the session has every item as soon as there is one: the user's input before the model is
 * called, each call of a tool when the tool starts, results before the model is called again. The runner by itself
 * stores all of it at the end, and nothing when the run fails.
 *
 * What the runner stores in the end counts: where it differs from what was recorded, it takes its place. One run at a
 * time writes to a session.
 *
 * The runner's own `sessionInputCallback` and `callModelInputFilter` are called as always; those of this one run are
 * given in `callbacks`.
 *
 * @example
 * const result = await recorded(runner, openaiSession(store), (recording) =>
 *   runner.run(agent, "Hello", { ...recording, maxTurns: 5 }),
 * );
 */
export async function recorded<Result>(
  runner: Runner,
  session: OpenAISession,
  run: (recording: Recording) => Promise<Result>,
  callbacks: Partial<Pick<Recording, "sessionInputCallback" | "callModelInputFilter">> = {},
): Promise<Result> {
  const combine = callbacks.sessionInputCallback ?? runner.config.sessionInputCallback;
  const filter = callbacks.callModelInputFilter ?? runner.config.callModelInputFilter;
  const recording = new RecordingSession(session);
  // The input of the first call of the model; whatever stands behind it later was produced by the run.
  let inputLength: number | undefined;

  const stopListening = recording.listenTo(runner);
  let result: Result;
  try {
    result = await run({
      session: recording,
      sessionInputCallback: async (history, items) => {
        await recording.record(items);
        return combine === undefined ? [...history, ...items] : await combine(history, items);
      },
      callModelInputFilter: async (call) => {
        const { input } = call.modelData;
        if (inputLength === undefined) inputLength = input.length;
        else await recording.recordProduced(input.slice(inputLength));
        return filter === undefined ? call.modelData : await filter(call);
      },
    });
  } catch (error) {
    stopListening();
    const failure = await recording.failure();
    if (failure === undefined || failure === error) throw error;
    throw new AggregateError([error, failure], "The run failed, and so did the recording of it.", {
      cause: error,
    });
  }
  // A streamed run goes on while its result is read; that it fails is told there.
  void completion(result).then(stopListening, stopListening);
  return result;
}

function completion(result: unknown): Promise<unknown> {
  const { completed } = (result ?? {}) as { readonly completed?: unknown };
  return Promise.resolve(completed);
}
