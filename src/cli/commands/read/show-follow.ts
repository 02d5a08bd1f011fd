import { jsonText } from "../../../session/json/json.ts";
import type { Message } from "../../../session/message.ts";
import type { SessionSnapshot } from "../../../store/reading/snapshot.ts";
import type { Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { printable } from "../../output/text-width.ts";
import { Reading } from "../../reading/conversation.ts";
import type { ReadingOptions } from "../../reading/reading.ts";
import { isPrompt } from "../../../session/projection/prompts.ts";

/** Prints what is appended to a session from a revision on, by whichever process, until Ctrl-C or its removal. */
export async function follow(
  { store, output }: Context,
  { id, revision, messageCount }: SessionSnapshot,
  look: ReadingOptions,
  { raw = false, prompts = false }: { readonly raw?: boolean; readonly prompts?: boolean },
): Promise<ExitCode> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once("SIGINT", interrupt);
  const reading = new Reading(look);
  const print = async (position: number, message: Message): Promise<void> => {
    if (output.json) {
      if (!prompts || isPrompt(message))
        await output.jsonLine(`{"position":${position},"message":${jsonText(message)}}`);
    } else if (raw) await output.line(printable(jsonText(message)));
    else for (const { text } of reading.of(position, message)) await output.line(text);
  };
  let count = messageCount;
  try {
    for await (const { splice, removed } of store.watch(id, {
      after: revision,
      signal: interrupted.signal,
    })) {
      if (removed === true) output.note("The session was removed.");
      const [from, gone, inserted] = splice ?? [count, 0, []];
      if (gone > 0 && !output.json)
        await output.line(output.style("yellow", `\n── from #${from} on it was written anew ──`));
      for (const [index, message] of inserted.entries()) await print(from + index, message);
      count += inserted.length - gone;
    }
  } finally {
    process.off("SIGINT", interrupt);
  }
  return interrupted.signal.aborted ? EXIT.interrupted : EXIT.ok;
}
