import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { Command } from "commander";
import { isDirectory } from "../../home/detect-workspace.ts";
import { resumeLine, resumptionOf, type Resumption } from "../../importers/resume.ts";
import { SessionNotFoundError } from "../../session/errors.ts";
import { withStore, type Context } from "../context.ts";
import { CommandError, EXIT, type ExitCode } from "../exit-code.ts";
import { findSession } from "../find-session.ts";

const EXAMPLES = `
The command is printed for you to look at; --exec runs it. It loosens no permission of the agent, and no shell reads
its arguments.

Examples:
  astrid-sessions resume latest
  astrid-sessions resume 1a2b --exec`;

export function resumeCommand(): Command {
  return new Command("resume")
    .description("go on with a session in the agent that it was brought in from")
    .argument("<session>", 'an id, the beginning of one, or "latest"')
    .option("--exec", "run the agent here, instead of printing the command")
    .addHelpText("after", EXAMPLES)
    .action(async (session: string, { exec = false }: { exec?: boolean }, command: Command) => {
      let resumption: Resumption | undefined;
      await withStore(command, async (context) => {
        resumption = await found(context, session);
        if (!exec) await print(context, resumption);
        return EXIT.ok;
      });
      // The store is closed while the agent works.
      if (exec && resumption !== undefined) await run(resumption);
    });
}

/** @throws {CommandError} when the session cannot be gone on with, with what can be done instead. */
async function found({ store, output }: Context, session: string): Promise<Resumption> {
  const id = await findSession(store, session);
  using snapshot = await store.read(id);
  if (snapshot === undefined) throw new SessionNotFoundError(id);
  const resumption = resumptionOf(id, snapshot.head, snapshot.revision);
  if ("why" in resumption) throw cannot(`${resumption.why} "astrid-sessions show ${id}" shows it.`);
  const { agent, directory, needsDirectory, file, isBehind } = resumption;
  if (!existsSync(file))
    throw cannot(
      `${agent} does not have it any more: ${file} is gone. "astrid-sessions give-back ${id}" puts it there again.`,
    );
  if (needsDirectory && directory === null)
    throw cannot(
      `${agent} finds a session only in its own directory, and this one does not say which that was.`,
    );
  if (directory !== null && !(await isDirectory(directory))) {
    if (needsDirectory)
      throw cannot(
        `${agent} finds a session only in its own directory, and ${directory} is gone. Put the project back there first.`,
      );
    output.note(`${directory} is gone; the command is for the current directory.`);
    return { ...resumption, directory: null };
  }
  if (isBehind)
    output.note(`The session was changed here since it was brought in; ${agent} does not know of that.`);
  return resumption;
}

function cannot(message: string): CommandError {
  return new CommandError("NOT_RESUMABLE", EXIT.notFound, message);
}

async function print({ output }: Context, { agent, command, directory }: Resumption): Promise<void> {
  if (output.json) {
    await output.document({ agent, command, directory });
    return;
  }
  await output.line(resumeLine({ command, directory }));
}

async function run({ agent, command: [program, ...args], directory }: Resumption): Promise<void> {
  const child = spawn(program, args, { stdio: "inherit", ...(directory === null ? {} : { cwd: directory }) });
  try {
    const [code, signal] = (await once(child, "close")) as [ExitCode | null, NodeJS.Signals | null];
    // As a shell tells it.
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new CommandError(
      "NOT_RESUMABLE",
      EXIT.failed,
      `There is no program ${program}: install ${agent} first.`,
    );
  }
}
