import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { ImportRun } from "../../../importers/import.ts";
import type { ImportResult } from "../../../importers/import-result.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { ImportReport, type FailedFile } from "../../output/import-report.ts";
import { Progress } from "../../output/progress.ts";
import { byteSize } from "../../output/units.ts";

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
    .addHelpText("after", EXAMPLES)
    .action((paths: string[], _options: object, command: Command) =>
      withStore(command, (context) => importPaths(context, paths)),
    );
}

async function importPaths(context: Context, paths: readonly string[]): Promise<ExitCode> {
  const { store, output } = context;
  const { filesUnder } = await import("../../../importers/read/files.ts");
  const { isStream } = await import("../../../importers/read/spool.ts");
  const { ImportRun } = await import("../../../importers/import.ts");
  const { ImportError } = await import("../../../session/errors/errors.ts");
  const progress = new Progress();
  const report = new ImportReport(output, progress);
  // Beside the sessions, where these are files.
  const ledger = store.engine.name === "file" ? join(store.location, "imports.sqlite") : undefined;
  const run = new ImportRun(store, { ledger });

  // A first Ctrl-C ends the import behind the file at hand, and tells what was done; a second one ends the process.
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once("SIGINT", interrupt);

  const taken = async (path: string, take: () => Promise<ImportResult | undefined>): Promise<void> => {
    try {
      const result = await take();
      if (result === undefined) report.passedOver++;
      else await report.imported(result);
    } catch (error) {
      // One bad file is told and left; a store that fails would fail for every other file too.
      if (!(error instanceof ImportError)) throw error;
      await report.failed({ path, code: error.code, reason: error.detail } satisfies FailedFile);
    }
  };

  for (const path of paths) {
    if (interrupted.signal.aborted) break;
    if (path === "-" || (await isStream(path))) {
      const source = path === "-" ? process.stdin : createReadStream(path);
      await taken(path, () => importStream(run, source, path));
      continue;
    }
    for await (const file of filesUnder([path])) {
      if (interrupted.signal.aborted) break;
      progress.show(() => `${report.fileCount} files  ${file.path}`);
      if ("error" in file) {
        await report.failed({ path: file.path, code: file.error.code, reason: file.error.detail });
        continue;
      }
      const onProgress = (bytes: number): void =>
        progress.show(() => `${byteSize(bytes)} of ${byteSize(file.size)}  ${file.path}`);
      await taken(file.path, () =>
        file.named ? run.file(file.path, { onProgress }) : anyFile(run, file.path, report, onProgress),
      );
    }
  }
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
 * Imports a file that merely lies in a directory. One that is named like a transcript and cannot be read (any more) is
 * told; any other that is of no format is passed over.
 */
async function anyFile(
  run: ImportRun,
  path: string,
  report: ImportReport,
  onProgress: (bytes: number) => void,
): Promise<ImportResult | undefined> {
  try {
    const result = await run.anyFile(path, { onProgress });
    if (result === undefined || !("unsupported" in result)) return result;
    report.unsupported(result.unsupported);
    return undefined;
  } catch (error) {
    if (/\.(jsonl?(\.zst)?|db)$/.test(path) || !isImportError(error)) throw error;
    return undefined;
  }
}

function isImportError(error: unknown): boolean {
  return (error as { code?: unknown }).code === "IMPORT_FAILED";
}
