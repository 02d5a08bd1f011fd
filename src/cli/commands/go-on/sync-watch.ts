import type { SyncPass } from "../../../importers/sync/follow.ts";
import type { Source } from "../../../importers/sync/sources.ts";
import type { Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { summed } from "../../output/sync-report.ts";
import { printable } from "../../output/text-width.ts";
import { useLittleMemory } from "../../little-memory.ts";

/** Follows the sources until Ctrl-C or SIGTERM, and tells each pass: in JSON as a line. */
export async function watchSources(
  { store, output }: Context,
  sources: readonly Source[],
  packAfterMs: number | undefined,
): Promise<ExitCode> {
  const { followSources } = await import("../../../importers/sync/follow.ts");
  const ended = new AbortController();
  const end = (): void => ended.abort();
  // A second one ends the process at once.
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  const onPass = async (pass: SyncPass): Promise<void> => {
    if (output.json) {
      await output.jsonLine(JSON.stringify({ at: new Date().toISOString(), ...pass }));
      return;
    }
    for (const source of pass.sources) {
      await output.line(`${source.name}  ${printable(source.folder)}  ${summed(source)}`);
      for (const { path, reason } of source.failed) output.note(`  not taken: ${printable(path)}: ${reason}`);
    }
    for (const path of pass.gone) await output.line(`gone  ${printable(path)}; its session is kept`);
  };
  try {
    await followSources(store, sources, {
      ...{ packAfterMs, signal: ended.signal, onPass, onRead: useLittleMemory },
    });
  } finally {
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
  }
  output.note("Ended.");
  return EXIT.ok;
}
