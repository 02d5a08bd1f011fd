import { Command, InvalidArgumentError, Option } from "commander";
import { extname, join, resolve } from "node:path";
import { realPathOf } from "../../../home/detect-workspace.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { subagentsOf } from "../../../store/delete-session.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { mayReplace, writeWhole } from "../../output/whole-file.ts";
import { printable } from "../../output/text-width.ts";
import { counted } from "../../output/units.ts";
import { placeOf } from "../../place-of.ts";
import { indexOf, textOf, type Exported } from "./export-text.ts";
import { DETAILS, type Detail } from "../../publishing/turns.ts";
import { EXPORT_FORMATS } from "../../../exporters/export-session.ts";

type Format = (typeof FORMATS)[number];

export interface ExportOptions {
  readonly format: Format;
  readonly detail?: Detail;
  readonly redact?: boolean;
  readonly output?: string;
  readonly force?: boolean;
  readonly at?: number;
  readonly subagents?: boolean;
  readonly workspace?: string | true;
  readonly all?: boolean;
}

/** `original`: the file that the session was imported from, byte for byte. */
export const FORMATS = ["md", "html", ...EXPORT_FORMATS, "original"] as const;
const PAGES = new Set<string>(["md", "html"]);

const EXAMPLES = `
"import" brings json, jsonl and original back, under the same id. A page (md, html) is for people.

Examples:
  astrid-sessions export latest > session.jsonl
  astrid-sessions export 1a2b --format md --detail compact    to paste into an issue
  astrid-sessions export 1a2b --redact -o s.html            a page in one file that loads nothing from anywhere
  astrid-sessions export --workspace --format html -o pages/  this project's sessions, with a list of them
  astrid-sessions export 1a2b -o session.json                 as Astrid writes it
  astrid-sessions export 1a2b --subagents -o backup/          with the sessions of its sub-agents, a file each
  astrid-sessions export 1a2b --format original -o s.jsonl    the file it was imported from, byte for byte
  astrid-sessions export 1a2b | jq -r .role                   the first line is the session's head`;

export function exportCommand(): Command {
  return new Command("export")
    .description("write sessions as pages for people (md, html) or as data")
    .argument("[session...]", 'an id, the beginning of one, or "latest"')
    .addOption(
      new Option(
        "--format <format>",
        "md, html: a page; jsonl: its head, then each message; json: one document, as Astrid writes it; original: what it was imported from (default: what -o ends with, else jsonl)",
      ).choices(FORMATS),
    )
    .addOption(
      new Option(
        "--detail <detail>",
        "of a page: full; compact, without thinking and what tools answered; prompts, only what was typed (default: full)",
      ).choices(DETAILS),
    )
    .option("--redact", "replace what has the form of a secret (keys, tokens), and say how much that was")
    .option(
      "--at <state>",
      "of an original that was rewritten: which state, counted from 1 (default: the newest)",
      stateNumber,
    )
    .option("-o, --output <file>", "into a file, which appears when it is whole (default: standard output)")
    .option("--force", "replace files that are there already")
    .option("--subagents", "with the sessions of its sub-agents, a file each: -o names a directory")
    .option(
      "-w, --workspace [dir]",
      "the sessions of this project (default: the one you are in), a file each",
    )
    .option("-a, --all", "every session, a file each")
    .addHelpText("after", EXAMPLES)
    .action((sessions: string[], options: AskedOptions, command: Command) =>
      withStore(command, (context) => {
        const format = options.format ?? formatOf(options.output) ?? "jsonl";
        return exportSessions(context, sessions, { ...options, format });
      }),
    );
}

interface AskedOptions extends Omit<ExportOptions, "format"> {
  readonly format?: Format;
}

/** Whoever names a file says what is to be in it. */
function formatOf(file: string | undefined): Format | undefined {
  const ending = file === undefined ? "" : extname(file).slice(1).toLowerCase();
  const format = { htm: "html", markdown: "md" }[ending] ?? ending;
  return FORMATS.find((one) => one === format && one !== "original");
}

async function exportSessions(
  context: Context,
  names: readonly string[],
  options: ExportOptions,
): Promise<ExitCode> {
  const { format, detail, redact = false, output: place, at } = options;
  const isSet = options.all === true || options.workspace !== undefined;
  if (at !== undefined && format !== "original") throw usageError("--at goes with --format original.");
  if (detail !== undefined && !PAGES.has(format)) throw usageError("--detail goes with --format md or html.");
  if (redact && format === "original")
    throw usageError("An original is what it is, byte for byte: --redact goes with the other formats.");
  if (isSet === names.length > 0)
    throw usageError(isSet ? "Name sessions, or give --workspace or --all." : "Name a session to export.");
  const ids = await idsOf(context, names, options);
  const secrets = new Set<string>();
  const into = { ...options, secrets };
  if (!isSet && names.length === 1 && options.subagents !== true) {
    const [id] = ids as [SessionId];
    if (place !== undefined) await mayReplace([place], options.force === true);
    const { text } = await textOf(context, id, into);
    if (place === undefined) for await (const piece of text) await context.output.write(piece);
    else {
      await writeWhole(place, text);
      context.output.note(`Written: ${printable(place)} (${format}).`);
    }
  } else await exportInto(context, ids, into, place);
  if (redact)
    context.output.note(
      `${counted(secrets.size, "secret")} replaced. Only what has a known form is found: look through it before you share it.`,
    );
  return EXIT.ok;
}

async function idsOf(
  { store }: Context,
  names: readonly string[],
  { all, workspace, subagents }: ExportOptions,
): Promise<SessionId[]> {
  const ids = new Set<SessionId>();
  if (all === true) for await (const { id } of store.sessions()) ids.add(id);
  if (workspace !== undefined) {
    const directory = workspace === true ? process.cwd() : placeOf(workspace);
    for (const { id } of await store.listForWorkspace(directory)) ids.add(id);
  }
  for (const name of names) {
    const id = await findSession(store, name);
    ids.add(id);
    if (subagents === true) for (const child of await subagentsOf(store.engine, id)) ids.add(child);
  }
  return [...ids];
}

/** A file each, and of pages a list. */
async function exportInto(
  context: Context,
  ids: readonly SessionId[],
  options: ExportOptions & { readonly secrets: Set<string> },
  directory: string | undefined,
): Promise<ExitCode> {
  const { format, force = false } = options;
  const { store } = context;
  if (format === "original") throw usageError("Several sessions go with --format md, html, jsonl or json.");
  if (directory === undefined)
    throw usageError("Several sessions need a directory for their files: -o <directory>.");
  // There `<id>.json` is the session itself.
  if ((await realPathOf(resolve(directory))) === (await realPathOf(resolve(store.location))))
    throw usageError("The directory of the store is not the place for its exports: name another with -o.");
  const { mkdir } = await import("node:fs/promises");
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch(() => undefined);
  const nameOf = (id: string): string => join(directory, `${id}.${format}`);
  const index = join(directory, `index.${format}`);
  await mayReplace([...ids.map(nameOf), ...(PAGES.has(format) ? [index] : [])], force);
  const written: Exported[] = [];
  for (const id of ids) {
    const exported = await textOf(context, id, options);
    await writeWhole(nameOf(id), exported.text);
    written.push(exported);
  }
  if (format === "md" || format === "html") await writeWhole(index, await indexOf(format, written));
  context.output.note(
    `Written: ${counted(written.length, "session")} (${format}) in ${printable(directory)}.`,
  );
  return EXIT.ok;
}

function stateNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It is a number from 1 on.");
  return Number(text);
}
