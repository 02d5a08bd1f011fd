import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { isDirectory } from "../home/detect-workspace.ts";
import { resumptionOf, type Resumption } from "../importers/resume.ts";
import { SessionNotFoundError } from "../session/errors/errors.ts";
import type { SessionId } from "../session/session-id.ts";
import type { SessionStore } from "../store/session-store.ts";
import { CommandError, EXIT, type ExitCode } from "./exit-code.ts";

/**
 * How a session is gone on with here and now.
 * @param note is told what a person should know of it.
 * @throws {CommandError} when it cannot be gone on with, with what can be done instead.
 */
export async function resumptionHere(
  store: SessionStore,
  id: SessionId,
  note: (text: string) => void,
): Promise<Resumption> {
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
    note(`${directory} is gone; the command is for the current directory.`);
    return { ...resumption, directory: null };
  }
  if (isBehind) note(`The session was changed here since it was brought in; ${agent} does not know of that.`);
  return resumption;
}

function cannot(message: string): CommandError {
  return new CommandError("NOT_RESUMABLE", EXIT.notFound, message);
}

/** Runs the agent with the terminal handed over; its exit code is ours. */
export async function runAgent({ agent, command: [program, ...args], directory }: Resumption): Promise<void> {
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
