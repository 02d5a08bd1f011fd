import { Command, InvalidArgumentError, Option } from "commander";
import { join, resolve } from "node:path";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { realPathOf } from "../../home/detect-workspace.ts";
import type { SessionId } from "../../session/session-id.ts";
import { withStore, type Context } from "../context.ts";
import { cannotWrite } from "../output/cannot-write.ts";
import { EXIT, usageError, type ExitCode } from "../exit-code.ts";
import { EXPORT_FORMATS, exportFamily, exportSession as textOf } from "../../exporters/export-session.ts";
import { findSession } from "../find-session.ts";

interface ExportOptions {
  readonly format: (typeof FORMATS)[number];
  readonly output?: string;
  readonly at?: number;
  readonly subagents?: boolean;
}

/** `original`: the file that the session was imported from, byte for byte. */
const FORMATS = [...EXPORT_FORMATS, "original"] as const;

const EXAMPLES = `
"import" brings each form back, under the same id.

Examples:
  astrid-sessions export latest > session.jsonl
  astrid-sessions export 1a2b --format json -o session.json   as Astrid writes it
  astrid-sessions export 1a2b --subagents -o backup/          with the sessions of its sub-agents, a file each
  astrid-sessions export 1a2b --format original -o s.jsonl    the file it was imported from, byte for byte
  astrid-sessions export 1a2b | jq -r .role                   the first line is the session's head`;

export function exportCommand(): Command {
  return new Command("export")
    .description("write a session as JSON lines: its head, then each message")
    .argument("<session>", 'an id, the beginning of one, or "latest"')
    .addOption(
      new Option(
        "--format <format>",
        "json: one document, as Astrid writes it; original: what it was imported from",
      )
        .choices(FORMATS)
        .default("jsonl"),
    )
    .option(
      "--at <state>",
      "of an original that was rewritten: which state, counted from 1 (default: the newest)",
      stateNumber,
    )
    .option("-o, --output <file>", "into a file, which appears when it is whole (default: standard output)")
    .option("--subagents", "with the sessions of its sub-agents, a file each: -o names a directory")
    .addHelpText("after", EXAMPLES)
    .action((session: string, options: ExportOptions, command: Command) =>
      withStore(command, (context) => exportSession(context, session, options)),
    );
}

async function exportSession(
  { store, output }: Context,
  name: string,
  { format, output: file, at, subagents }: ExportOptions,
): Promise<ExitCode> {
  if (at !== undefined && format !== "original") throw usageError("--at goes with --format original.");
  const id: SessionId = await findSession(store, name);
  const { originalOf } = await import("../../importers/original/read-original.ts");
  const text = format === "original" ? originalOf(store, id, at) : textOf(store, id, format);
  if (subagents === true) return await exportInto(store, id, format, file);
  if (file === undefined) for await (const piece of text) await output.write(piece);
  else await writeWhole(file, text);
  return EXIT.ok;
}

/** The session and those of its sub-agents, a file each. */
async function exportInto(
  store: Context["store"],
  id: SessionId,
  format: ExportOptions["format"],
  directory: string | undefined,
): Promise<ExitCode> {
  if (format === "original") throw usageError("--subagents goes with --format jsonl or json.");
  if (directory === undefined)
    throw usageError("--subagents needs a directory for its files: -o <directory>.");
  // There `<id>.json` is the session itself.
  if ((await realPathOf(resolve(directory))) === (await realPathOf(resolve(store.location))))
    throw usageError("The directory of the store is not the place for its exports: name another with -o.");
  for await (const one of exportFamily(store, id, format))
    await writeWhole(join(directory, `${one.id}.${format}`), one.text);
  return EXIT.ok;
}

function stateNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It is a number from 1 on.");
  return Number(text);
}

/** For the owner's eyes only, like the store's own files. What is no regular file (a pipe, a device) stays what it is. */
async function writeWhole(path: string, text: AsyncIterable<string | Buffer>): Promise<void> {
  // Behind a symbolic link is the file that is meant.
  const target = await realpath(path).catch(() => path);
  const isStream = await stat(target).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  );
  const written = isStream ? target : `${target}.${process.pid}.tmp`;
  try {
    const file = await open(written, isStream ? "w" : "wx", 0o600);
    try {
      for await (const piece of text) await file.writeFile(piece);
      if (!isStream) await file.sync();
    } finally {
      await file.close();
    }
    if (!isStream) await rename(written, target);
  } catch (error) {
    // A file that another process is writing is not ours to remove.
    if (!isStream && (error as NodeJS.ErrnoException).code !== "EEXIST") await rm(written, { force: true });
    throw cannotWrite(path, error);
  }
}
