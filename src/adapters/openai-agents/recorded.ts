import type { CallModelInputFilter, Runner, Session, SessionInputCallback } from "@openai/agents-core";
import { AsyncLocalStorage } from "node:async_hooks";
import { historyOf, isRefusedInput } from "./run-outcome.ts";
import type { RecordingSession } from "./recording-session.ts";
import { recordable } from "./recordable.ts";

/** Options of a run that is recorded; pass all of them on to the runner. */
export interface Recording {
  readonly session: Session;
  readonly sessionInputCallback: SessionInputCallback;
  readonly callModelInputFilter: CallModelInputFilter;
}

/** The recording that what happens now belongs to: a runner tells everybody what happens in all of its runs. */
const current = new AsyncLocalStorage<RecordingSession>();

/**
 * Runs an agent so that the session has every item as soon as there is one: the user's input before the model is
 * called, each call of a tool when the tool starts, results before the model is called again or the run fails. The
 * runner by itself stores all of it at the end, and nothing when the run fails.
 *
 * What the runner stores in the end counts: where it differs from what was recorded, it takes its place. As with the
 * runner, an input that a guardrail refuses is not kept. One run at a time writes to a session.
 *
 * The runner's own `sessionInputCallback` and `callModelInputFilter` are called as always; those of this one run are
 * given in `callbacks`.
 *
 * @param session of `openaiSession`, or the SDK's `OpenAIResponsesCompactionSession` over one.
 * @throws {InvalidArgumentError} for any other session.
 * @example
 * const result = await recorded(runner, openaiSession(store), (recording) =>
 *   runner.run(agent, "Hello", { ...recording, maxTurns: 5 }),
 * );
 */
export async function recorded<Result>(
  runner: Runner,
  session: Session,
  run: (recording: Recording) => Promise<Result>,
  callbacks: Partial<Pick<Recording, "sessionInputCallback" | "callModelInputFilter">> = {},
): Promise<Result> {
  const combine = callbacks.sessionInputCallback ?? runner.config.sessionInputCallback;
  const filter = callbacks.callModelInputFilter ?? runner.config.callModelInputFilter;
  const { recording, shown, settle, failNext } = recordable(session);
  let runInput: Parameters<SessionInputCallback>[1] | undefined;
  // The input of the first call of the model; whatever stands behind it later was produced by the run.
  let inputLength: number | undefined;
  const produced = (source: unknown) =>
    inputLength === undefined ? [] : historyOf(source).slice(inputLength);

  const stopListening = recording.listenTo(runner, () => current.getStore() === recording);
  const end = async (): Promise<void> => {
    stopListening();
    await settle(() => recording.end());
  };
  const fail = async (error: unknown, source: unknown): Promise<void> => {
    stopListening();
    await settle(async () => {
      if (isRefusedInput(error)) await recording.takeBack();
      else await recording.recordLast(produced(source));
      await recording.end();
    });
  };

  let result: Result;
  try {
    result = await current.run(recording, () =>
      run({
        session: shown,
        sessionInputCallback: async (history, items) => {
          runInput = items;
          return combine === undefined ? [...history, ...items] : await combine(history, items);
        },
        callModelInputFilter: async (call) => {
          const { input } = call.modelData;
          if (inputLength === undefined) {
            inputLength = input.length;
            // Not earlier, since a guardrail that the model waits for may refuse it.
            if (runInput !== undefined) await recording.record(runInput);
          } else {
            await recording.recordProduced(input.slice(inputLength));
          }
          return filter === undefined ? call.modelData : await filter(call);
        },
      }),
    );
  } catch (error) {
    const failure = await fail(error, error).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    if (failure === undefined || failure === error) throw error;
    throw new AggregateError([error, failure], "The run failed, and so did the recording of it.", {
      cause: error,
    });
  }
  const { completed } = (result ?? {}) as { readonly completed?: unknown };
  if (completed === undefined) {
    await end();
    return result;
  }
  // A streamed run goes on while its result is read; it has told its end before this does.
  recording.whenAdded(() => produced(result));
  void Promise.resolve(completed)
    .then(end, (error: unknown) => fail(error, result))
    .catch(failNext);
  return result;
}
