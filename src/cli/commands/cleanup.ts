import { Command } from "commander";
import type { SessionSummary } from "../../index.ts";
import { displayTitle } from "../../session/summary.ts";
import { withStore, type Context } from "../context.ts";
import { EXIT, usageError, type ExitCode } from "../exit-code.ts";
import { oneLine } from "../output/text-width.ts";
import { counted, fullTime, parseDuration } from "../output/units.ts";

interface CleanupOptions {
  readonly olderThan: string;
  readonly dryRun?: boolean;
  readonly by: string;
  readonly permanent?: boolean;
}

const DAY = 86_400_000;

const EXAMPLES = `
A session that cannot be read is never cleaned up.

Examples:
  astrid-sessions cleanup --older-than 90d --dry-run   what would go
  astrid-sessions cleanup --older-than 90d             to the trash`;

export function cleanupCommand(): Command {
  return new Command("cleanup")
    .description("move sessions to the trash that did not change for long")
    .requiredOption("--older-than <duration>", "90d, 12h, 1y")
    .option("--dry-run", "only say what would go")
    .option("--by <time>", "activity (the last change) or created", "activity")
    .option("--permanent", "remove them for good")
    .addHelpText("after", EXAMPLES)
    .action((options: CleanupOptions, command: Command) =>
      withStore(command, (context) => cleanup(context, options)),
    );
}

async function cleanup({ store, output, now }: Context, options: CleanupOptions): Promise<ExitCode> {
  const { by, permanent, dryRun = false } = options;
  if (by !== "activity" && by !== "created")
    throw usageError(`--by is "activity" or "created", not "${by}".`);
  const days = parseDuration(options.olderThan) / DAY;
  const trash = permanent !== true;
  const gone: SessionSummary[] = [];
  await store.cleanupOld(days, { by, dryRun, trash, onRemove: (summary) => gone.push(summary) });

  if (output.json) {
    const sessions = gone.map(({ id, title, createdAt, updatedAt }) => ({ id, title, createdAt, updatedAt }));
    await output.document({ dryRun, trash, sessions });
    return EXIT.ok;
  }
  for (const session of gone) {
    const time = by === "created" ? session.createdAt : session.updatedAt;
    await output.line(`${session.id}  ${fullTime(time, now)}  ${oneLine(displayTitle(session))}`);
  }
  const verb = dryRun ? "would be" : "were";
  output.note(
    `${counted(gone.length, "session")} ${verb} ${trash ? "moved to the trash" : "removed for good"}.`,
  );
  return EXIT.ok;
}
