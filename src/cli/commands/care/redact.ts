import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { Redaction, SessionId } from "../../../index.ts";
import { isSessionId } from "../../../session/session-id.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSession, pick } from "../../find-session.ts";
import { asked, canAsk } from "../../output/ask.ts";
import { printable } from "../../output/text-width.ts";
import { counted } from "../../output/units.ts";

interface RedactOptions {
  readonly also?: readonly string[];
  readonly alsoFile?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const EXAMPLES = `
Rewrites the whole session, its history included: every revision, what the trash has of its id, side lists, the
document, the index, and what was set aside of it. Revisions and messages keep their numbers; a secret becomes
[redacted:<kind>]. It cannot be taken back.

What is found has the form of a definite kind (keys and tokens of vendors, private keys), or is named. Not found: what
stands in another form, such as base64. An Astrid process that has the session open brings the secret back when it
saves: close it first. The file that the session was imported from stays as it is; importing it again may bring the
secret back, when the file was rewritten or a newer version reads it in another way. Make the secret invalid where it
was issued, too.

Examples:
  astrid-sessions redact 1a2b --dry-run              counts what would be replaced, by kind
  astrid-sessions redact 1a2b
  astrid-sessions redact 1a2b --also "hunter2-prod"  this text too (shells keep what is typed)
  astrid-sessions redact 1a2b --also-file -          texts from standard input, one a line`;

export function redactCommand(): Command {
  return new Command("redact")
    .description("replace secrets in a session and in all of its history")
    .argument("<session>", 'an id, the beginning of one, or "latest"; also of one in the trash')
    .option("--also <text>", "a further text to replace, at least four characters; may be repeated", collect)
    .option("--also-file <file>", 'a file with such texts, one a line; "-" is standard input')
    .option("--dry-run", "only count, by kind; no secret is printed")
    .option("-y, --yes", "do not ask; on a terminal it is asked for, with how much would be replaced")
    .addHelpText("after", EXAMPLES)
    .action((session: string, options: RedactOptions, command: Command) =>
      withStore(command, (context) => redact(context, session, options)),
    );
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

async function redact(context: Context, name: string, options: RedactOptions): Promise<ExitCode> {
  const { store, output } = context;
  const { dryRun = false } = options;
  const also = [...(options.also ?? []), ...linesOf(options.alsoFile)];
  const id = await findAnywhere(context, name);
  if (!dryRun && options.yes !== true && !output.json && canAsk() && !(await isMeant(context, id, also))) {
    output.note("Nothing was changed.");
    return EXIT.ok;
  }
  const done = await store.redact(id, { also, dryRun });
  const importedFrom = await sourceOf(context, id);
  if (output.json) {
    await output.document({ dryRun, ...done, importedFrom });
    return EXIT.ok;
  }
  for (const { kind, count } of done.found) await output.line(`${kind}  ${count}`);
  noteResult(context, done, dryRun);
  if (done.found.length > 0 && importedFrom !== null)
    output.note(
      `It was imported from ${printable(importedFrom)}, which stays as it is: importing it again may bring that back.`,
    );
  return EXIT.ok;
}

/** Whether the person at the terminal means it: nothing brings back what a word as common as "test" replaced. */
async function isMeant({ store }: Context, id: SessionId, also: readonly string[]): Promise<boolean> {
  const { found, revisions } = await store.redact(id, { also, dryRun: true });
  if (found.length === 0) return true;
  const kinds = found.map(({ kind, count }) => `${kind} ${count}`).join(", ");
  return await asked(
    `Redact ${kinds} in ${counted(revisions, "revision")} of ${id}? It cannot be taken back.`,
  );
}

/** The session, or one in the trash. @throws {CommandError} */
async function findAnywhere({ store }: Context, name: string): Promise<SessionId> {
  if (name === "latest") return await findSession(store, name);
  const { sessions, unreadable } = await store.list({});
  const ids = [
    ...sessions.map(({ id }) => id),
    ...unreadable.flatMap(({ id }) => (id === undefined ? [] : [id])),
    ...(await store.trashed()).map(({ id }) => id),
  ];
  // What is neither may have left something in the quarantine.
  if (isSessionId(name) && !ids.includes(name)) return name;
  return await pick(name, [...new Set(ids)], store);
}

/** @throws {CommandError} when the file cannot be read. */
function linesOf(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    const text = readFileSync(file === "-" ? 0 : file, "utf8");
    return text.split(/\r?\n/).filter((line) => line !== "");
  } catch (error) {
    throw usageError(`Cannot read ${file}: ${(error as Error).message}.`);
  }
}

/** The file that the session was imported from. */
async function sourceOf({ store }: Context, id: SessionId): Promise<string | null> {
  const { importStateOf } = await import("../../../importers/store/import-state.ts");
  const { storedHead } = await import("../../../store/reading/stored-head.ts");
  const stored = await storedHead(store.engine, id).catch(() => undefined);
  return stored === undefined ? null : (importStateOf(stored.head)?.file ?? null);
}

function noteResult({ output }: Context, done: Redaction, dryRun: boolean): void {
  const { id, found, revisions, original, files } = done;
  if (found.length === 0) {
    output.note(done.isChanged ? `${id}: an earlier redaction was finished.` : `${id}: nothing was found.`);
    return;
  }
  const count = found.reduce((sum, one) => sum + one.count, 0);
  const places = `${counted(count, "place")} in ${counted(revisions, "revision")}`;
  output.note(`${id}: ${dryRun ? "would redact" : "redacted"} ${places}, the history included.`);
  if (original === "given up")
    output.note(
      `The file that it was imported from, kept beside it, ${dryRun ? "would be" : "was"} given up.`,
    );
  for (const folder of files)
    output.note(
      `${printable(folder)} ${dryRun ? "would be" : "was"} removed: it cannot be read as a session.`,
    );
}
