import { existsSync } from "node:fs";
import { Command } from "commander";
import { copyStore, type CopyReport } from "../../../store/copy-store.ts";
import { withStore, type Context, type GlobalOptions } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { Progress } from "../../output/progress.ts";
import { counted } from "../../output/units.ts";

const EXAMPLES = `
Every revision is copied, and the result is compared. What is there already is not written again, so a copy that ended
early is finished by another. A session that the target has with another content is left alone.

Examples:
  astrid-sessions copy ~/.astrid/sessions postgres://db.example/agents
  astrid-sessions copy postgres://db.example/agents ./backup`;

export function copyCommand(): Command {
  return new Command("copy")
    .description("copy all sessions of one store into another")
    .argument("<from>", "a directory or a postgres:// URL")
    .argument("<to>", "a directory or a postgres:// URL")
    .addHelpText("after", EXAMPLES)
    .action((from: string, to: string, _options: object, command: Command) => {
      if (command.optsWithGlobals<GlobalOptions>().store !== undefined) {
        throw usageError("copy takes both stores as arguments: leave out --store.");
      }
      return withStore(command, (context) => copy(context, from, to), { place: from });
    });
}

async function copy({ store, output }: Context, from: string, to: string): Promise<ExitCode> {
  if (store.engine.name === "file" && !existsSync(store.location)) {
    throw usageError(`There is nothing to copy from: the directory ${from} does not exist.`);
  }
  const { SessionStore } = await import("../../../store/session-store.ts");
  const target = await SessionStore.open(to);
  const progress = new Progress(!output.json && process.stderr.isTTY);
  let report: CopyReport;
  try {
    report = await copyStore(store.engine, target.engine, {
      onProgress: (_session, done, total) => progress.show(() => `${done} of ${counted(total, "session")}`),
    });
  } finally {
    progress.clear();
    await target.close();
  }
  const { copied, unchanged, failed, messages } = report;
  if (output.json) {
    const failures = failed.map(({ id, error }) => ({ id, code: error?.code, message: error?.message }));
    await output.document({ copied, unchanged, messages, failed: failures });
  } else {
    if (copied + unchanged + failed.length === 0) output.note(`No sessions in ${store.location}.`);
    for (const { error } of failed) output.note(error?.message ?? "");
    await output.line(
      `${counted(copied, "session")} copied, ${unchanged} unchanged, ${failed.length} failed.`,
    );
  }
  return failed.length > 0 ? EXIT.unreadable : EXIT.ok;
}
