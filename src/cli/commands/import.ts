import { Command } from "commander";
import type { ImportResult } from "../../importers/import.ts";
import { withStore, type Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { ImportReport, type FailedFile } from "../output/import-report.ts";
import { Progress } from "../output/progress.ts";
import { byteSize } from "../output/units.ts";

interface ImportOptions {
  readonly messagesOnly?: boolean;
}

const EXAMPLES = `
A file's format is recognised by its content: Claude Code's JSON lines, Astrid's documents,
and what "export" wrote.
Importing again adds only what is new. Other files in a directory are passed over.

Examples:
  astrid-sessions import ~/.claude/projects
  astrid-sessions import session.jsonl backup/*.json
  astrid-sessions import ~/.claude/projects --messages-only   without progress records and the like`;

export function importCommand(): Command {
  return new Command("import")
    .description("bring other agents' transcripts into the store")
    .argument("<path...>", "files, and directories to search")
    .option("--messages-only", "leave out what stands beside the conversation (progress, file snapshots, …)")
    .addHelpText("after", EXAMPLES)
    .action((paths: string[], options: ImportOptions, command: Command) =>
      withStore(command, (context) => importPaths(context, paths, options)),
    );
}

async function importPaths(
  context: Context,
  paths: readonly string[],
  options: ImportOptions,
): Promise<ExitCode> {
  const { store, output } = context;
  const { filesUnder } = await import("../../importers/files.ts");
  const { importFile } = await import("../../importers/import.ts");
  const { ImportError } = await import("../../session/errors.ts");
  const progress = new Progress();
  const report = new ImportReport(output, progress);

  const importOne = async (path: string, size: number, named: boolean): Promise<ImportResult | undefined> => {
    if (!named && !(await isTranscript(path))) return undefined;
    return await importFile(store, path, {
      messagesOnly: options.messagesOnly,
      onProgress: (bytes) => progress.show(() => `${byteSize(bytes)} of ${byteSize(size)}  ${path}`),
    });
  };

  for await (const file of filesUnder(paths)) {
    progress.show(() => `${report.fileCount} files  ${file.path}`);
    if ("error" in file) {
      await report.failed({ path: file.path, code: file.error.code, reason: file.error.detail });
      continue;
    }
    try {
      const result = await importOne(file.path, file.size, file.named);
      if (result === undefined) report.passedOver++;
      else await report.imported(result);
    } catch (error) {
      // One bad file is told and left; a store that fails would fail for every other file too.
      if (!(error instanceof ImportError)) throw error;
      await report.failed({ path: file.path, code: error.code, reason: error.detail } satisfies FailedFile);
    }
  }
  await report.end();
  return report.complete ? EXIT.ok : EXIT.unreadable;
}

/**
 * Whether a file that merely lies in a directory is to be imported. One that is named like a transcript and cannot be
 * read (any more) is told; any other is passed over.
 */
async function isTranscript(path: string): Promise<boolean> {
  const { detectFormat } = await import("../../importers/detect.ts");
  try {
    return (await detectFormat(path)) !== undefined;
  } catch (error) {
    if (/\.jsonl?$/.test(path)) throw error;
    return false;
  }
}
