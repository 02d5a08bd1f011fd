import { Command } from "commander";
import type { MovePlan } from "../../../importers/move-project/move-project.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { Output } from "../../output/output.ts";
import { printable } from "../../output/text-width.ts";
import { counted } from "../../output/units.ts";
import { placeOf } from "../../place-of.ts";

const EXAMPLES = `
Agents keep a project's path in the names of folders, in lists, settings, commands of MCP servers, and databases. This
shows each such place, and with --yes puts the new path there. What was said in the sessions stays as it is. Move the
project itself first, and end its agents. Cut short, the command is given again and does what is left.

Examples:
  mv ~/old-name ~/new-name && astrid-sessions move-project ~/old-name ~/new-name
  astrid-sessions move-project ~/old-name ~/new-name --yes
  astrid-sessions relink ~/old-name ~/new-name                the same for the sessions in the store`;

interface Options {
  readonly yes?: boolean;
  readonly except?: readonly string[];
}

export function moveProjectCommand(): Command {
  return new Command("move-project")
    .description("let agents find what they keep of a project that has moved")
    .argument("<old>", "where the project was")
    .argument("<new>", "where it is now")
    .option("--yes", "do it; without, it is only shown")
    .option("--except <folder...>", "agents' folders that are named otherwise, and stay")
    .addHelpText("after", EXAMPLES)
    .action(async (from: string, to: string, options: Options, command: Command) => {
      const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
      process.exitCode = await move(new Output(json), placeOf(from), placeOf(to), options);
    });
}

async function move(output: Output, from: string, to: string, options: Options): Promise<ExitCode> {
  const { moveProject, planMove } = await import("../../../importers/move-project/move-project.ts");
  const { yes = false, except } = options;
  const plan = await (yes ? moveProject : planMove)(from, to, { except });
  if (output.json) await output.document({ done: yes, ...plan });
  else await tell(output, plan, yes);
  return plan.refused.length > 0 ? EXIT.usage : EXIT.ok;
}

async function tell(output: Output, plan: MovePlan, isDone: boolean): Promise<void> {
  for (const { agent, from, to } of plan.folders)
    await output.line(`${agent}  folder    ${printable(from)} → ${printable(to)}`);
  for (const { agent, path, count } of plan.files)
    await output.line(`${agent}  file      ${printable(path)}: ${counted(count, "place")}`);
  for (const { agent, path, table, column, count } of plan.rows)
    await output.line(
      `${agent}  database  ${printable(path)}: ${counted(count, "row")} of ${table}.${column}`,
    );
  const steps = plan.folders.length + plan.files.length + plan.rows.length;
  for (const reason of plan.refused) output.note(`refused: ${printable(reason)}`);
  if (steps === 0) output.note(`No agent keeps ${printable(plan.from)} any more.`);
  else if (isDone) output.note(`Done. To undo it: ${undo(plan)}`);
  else if (plan.refused.length === 0)
    output.note(`Nothing was changed; --yes does it. To undo it then: ${undo(plan)}`);
}

function undo({ from, to }: MovePlan): string {
  const [old, fresh] = [from, to].map((path) => `'${printable(path).replaceAll("'", `'\\''`)}'`);
  return `mv ${fresh} ${old} && astrid-sessions move-project ${fresh} ${old} --yes`;
}
