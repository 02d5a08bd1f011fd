import { Command, Option } from "commander";
import { open, rename, rm } from "node:fs/promises";
import type { SessionId } from "../session/session-id.ts";
import { withStore, type Context } from "./context.ts";
import { CommandError, EXIT, type ExitCode } from "./exit-code.ts";
import { exported, EXPORT_FORMATS, type ExportFormat } from "./export-format.ts";
import { findSession } from "./find-session.ts";

interface ExportOptions {
  readonly format: ExportFormat;
  readonly output?: string;
}

const EXAMPLES = `
"import" brings either form back, under the same id.

Examples:
  astrid-sessions export latest > session.jsonl
  astrid-sessions export 1a2b --format json -o session.json   as Astrid writes it
  astrid-sessions export 1a2b | jq -r .role                   the first line is the session's head`;

export function exportCommand(): Command {
  return new Command("export")
    .description("write a session as JSON lines: its head, then each message")
    .argument("<session>", 'an id, the beginning of one, or "latest"')
    .addOption(
      new Option("--format <format>", "json: one document, as Astrid writes it")
        .choices(EXPORT_FORMATS)
        .default("jsonl"),
    )
    .option("-o, --output <file>", "into a file, which appears when it is whole (default: standard output)")
    .addHelpText("after", EXAMPLES)
    .action((session: string, options: ExportOptions, command: Command) =>
      withStore(command, (context) => exportSession(context, session, options)),
    );
}

async function exportSession(
  { store, output }: Context,
  name: string,
  { format, output: file }: ExportOptions,
): Promise<ExitCode> {
  const id: SessionId = await findSession(store, name);
  const text = exported(store, id, format);
  if (file === undefined) for await (const piece of text) await output.write(piece);
  else await writeWhole(file, text);
  return EXIT.ok;
}

/** For the owner's eyes only, like the store's own files. */
async function writeWhole(path: string, text: AsyncIterable<string>): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  const file = await open(unfinished, "wx", 0o600).catch((error: unknown) => {
    throw cannotWrite(path, error);
  });
  try {
    for await (const piece of text) await file.writeFile(piece);
    await file.sync();
    await file.close();
    await rename(unfinished, path);
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw cannotWrite(path, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its directory does not exist",
  ENOTDIR: "a part of its path is not a directory",
  EISDIR: "it is a directory",
  EACCES: "permission is denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
};

/** What the system says of the file that is written; other errors as they are. */
function cannotWrite(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return new CommandError("OUTPUT_FAILED", EXIT.failed, `Cannot write ${path}: ${REASONS[code] ?? code}.`);
}
