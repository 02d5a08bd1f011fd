import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { ImportRun } from "../../../importers/import.ts";
import type { ImportResult } from "../../../importers/import-result.ts";
import type { ImportError } from "../../../session/errors/errors.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { ImportReport, type FailedFile } from "../../output/import-report.ts";
import { Progress } from "../../output/progress.ts";
import { byteSize, restIn } from "../../output/units.ts";
import { useLittleMemory } from "../../little-memory.ts";

const EXAMPLES = `
A file's format is recognised by its content; docs/importing.md has the table of agents.
Importing again adds only what is new. Other files in a directory are passed over.
The file itself is kept too: "export --format original" gives it back, byte for byte.

Examples:
  astrid-sessions import ~/.claude/projects ~/.codex/sessions
  astrid-sessions import session.jsonl backup/*.json
  zcat session.jsonl.gz | astrid-sessions import -`;

export function importCommand(): Command {
  return new Command("import")
    .description("bring other agents' transcripts into the store")
    .argument("<path...>", 'files, directories to search, or "-" for standard input')
    .option(
      "--pack-after <duration>",
      "pack sessions in which nothing was said for so long, or never",
      "never",
    )
    .addHelpText("after", EXAMPLES)
    .action((paths: string[], { packAfter }: { packAfter: string }, command: Command) =>
      withStore(command, (context) => importPaths(context, paths, restIn(packAfter))),
    );
}

async function importPaths(
  context: Context,
  paths: readonly string[],
  packAfterMs: number | undefined,
): Promise<ExitCode> {
  const { store, output } = context;
  useLittleMemory();
  const { filesUnder } = await import("../../../importers/read/files.ts");
  const { isStream } = await import("../../../importers/read/spool.ts");
  const { ImportRun } = await import("../../../importers/import.ts");
  const { ImportQueue } = await import("../../../importers/import-queue.ts");
  const progress = new Progress();
  const report = new ImportReport(output, progress);
  // Beside the sessions, where these are files.
  const ledger = store.engine.name === "file" ? join(store.location, "imports.sqlite") : undefined;
  // A first Ctrl-C ends the import behind the file at hand, and tells what was done; a second one ends the process.
  const interrupted = new AbortController();
  const run = new ImportRun(store, { ledger, packAfterMs, signal: interrupted.signal });
  const interrupt = (): void => interrupted.abort();
  process.once("SIGINT", interrupt);

  const queue = new ImportQueue(run, async (path, ended) => {
    if ("error" in ended) await failed(report, path, ended.error, named.has(path));
    else if (ended.result === undefined) report.passedOver++;
    else if (!("unsupported" in ended.result)) await report.imported(ended.result);
    else {
      report.unsupported(ended.result.unsupported);
      report.passedOver++;
    }
  });
  const named = new Set<string>();

  let count = 0;
  for (const path of paths) {
    if (interrupted.signal.aborted) break;
    if (path === "-" || (await isStream(path))) {
      const source = path === "-" ? process.stdin : createReadStream(path);
      await queue.settle();
      try {
        await report.imported(await importStream(run, source, path));
      } catch (error) {
        await failed(report, path, error, true);
      }
      continue;
    }
    for await (const file of filesUnder([path])) {
      if (interrupted.signal.aborted) break;
      progress.show(() => `${count} files  ${file.path}`);
      count++;
      if ("error" in file) {
        await queue.settle();
        await report.failed({ path: file.path, code: file.error.code, reason: file.error.detail });
        continue;
      }
      const onProgress = (bytes: number): void =>
        progress.show(() => `${byteSize(bytes)} of ${byteSize(file.size)}  ${file.path}`);
      if (file.named) named.add(file.path);
      await queue.add(file.path, { named: file.named, onProgress });
    }
  }
  await queue.settle();
  process.off("SIGINT", interrupt);
  run.close();
  await report.end(interrupted.signal.aborted);
  if (interrupted.signal.aborted) return EXIT.interrupted;
  return report.complete ? EXIT.ok : EXIT.unreadable;
}

async function importStream(
  run: ImportRun,
  source: NodeJS.ReadableStream,
  name: string,
): Promise<ImportResult> {
  const { withSpooled } = await import("../../../importers/read/spool.ts");
  const result = await withSpooled(source, (path) => run.file(path));
  return { ...result, path: name };
}

/**
 * One bad file is told and left. One that merely lies in a directory is told where it is named like a transcript; any
 * other that cannot be read is passed over.
 */
async function failed(report: ImportReport, path: string, error: unknown, isNamed: boolean): Promise<void> {
  // A store that fails would fail for every other file too.
  if (!isImportError(error)) throw error;
  if (isNamed || /\.(jsonl?(\.zst)?|db)$/.test(path))
    await report.failed({ path, code: error.code, reason: error.detail } satisfies FailedFile);
  else report.passedOver++;
}

function isImportError(error: unknown): error is ImportError {
  return (error as { code?: unknown }).code === "IMPORT_FAILED";
}
