import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { Environment } from "../../home/astrid-home.ts";
import { isDirectory } from "../../home/detect-workspace.ts";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import { applyMove } from "./apply-move.ts";
import { databaseRows, type DatabaseRows } from "./database-rows.ts";
import { projectFolders } from "./folder-rules.ts";
import { keyFiles, type KeyFile } from "./key-files.ts";
import { MadeMoves } from "./made-moves.ts";
import type { Move } from "./path-text.ts";

/** Everything that a move of a project changes in what its agents keep. */
export interface MovePlan extends Move {
  /** Folders that are named after the path. */
  readonly folders: readonly { readonly agent: string; readonly from: string; readonly to: string }[];
  readonly files: readonly KeyFile[];
  readonly rows: readonly DatabaseRows[];
  /** Why it is not to be done: sentences. */
  readonly refused: readonly string[];
}

export interface MoveProjectOptions {
  /** Folders of agents' that are known to be named otherwise; they stay as they are. */
  readonly except?: readonly string[] | undefined;
  /** Where agents' and the user's folders are looked up. Default: the process's environment. */
  readonly env?: Environment | undefined;
}

/**
 * What is to be changed in what the agents keep of a project that has moved, so that they find their sessions, settings
 * and MCP servers again. Changes nothing. Steps that were made already are not in it: after a kill, the plan is the rest.
 * @throws {InvalidArgumentError} when one of the paths lies in the other.
 */
export async function planMove(
  from: string,
  to: string,
  { except = [], env = process.env }: MoveProjectOptions = {},
): Promise<MovePlan> {
  const move = { from: checked(from), to: checked(to) };
  if (move.from === move.to || isIn(move.from, move.to) || isIn(move.to, move.from))
    throw new InvalidArgumentError(`${from} and ${to} are the same, or one lies in the other.`);
  const made = new MadeMoves(env);
  const refused: string[] = [];
  const others = new Set(except.map((folder) => resolve(folder)));
  const all = projectFolders(env, move, made.read()).filter(({ folder }) => !others.has(folder));
  for (const { agent, folder, said, path } of all)
    if (path === undefined)
      refused.push(
        `${agent} names its folders otherwise than expected: ${folder} holds sessions of ${said.join(", ")}. Where that folder is an odd one out, name it with --except.`,
      );
  const folders = all.flatMap(({ agent, folder, target }) =>
    target === undefined ? [] : [{ agent, from: folder, to: target }],
  );
  const targets = new Map<string, string>();
  for (const { from: folder, to: target } of folders) {
    const other = existsSync(target)
      ? "is there already"
      : targets.get(target) && "would be two folders' name";
    if (other !== undefined)
      refused.push(`${folder} cannot become ${target}, which ${other}: move one of them away.`);
    targets.set(target, folder);
  }
  if (!(await isDirectory(move.to)))
    refused.push(`${move.to} is no directory: move the project there first.`);
  return { ...move, folders, files: keyFiles(env, move), rows: await databaseRows(env, move), refused };
}

/**
 * Does what `planMove` says. Each step is whole or not made, and what is done needs not be done again: after a kill, the
 * same call does the rest. The agents should not run meanwhile. To undo it, move the project back and swap the paths.
 * @throws {InvalidArgumentError} when the plan is refused, or a file changed meanwhile.
 * @throws {StorageError} when something cannot be written; what was done until then stays.
 */
export async function moveProject(
  from: string,
  to: string,
  options: MoveProjectOptions = {},
): Promise<MovePlan> {
  const plan = await planMove(from, to, options);
  if (plan.refused.length > 0)
    throw new InvalidArgumentError(`Nothing was changed. ${plan.refused.join(" ")}`);
  if (plan.folders.length + plan.files.length + plan.rows.length > 0)
    await applyMove(plan, new MadeMoves(options.env ?? process.env));
  return plan;
}

function checked(path: string): string {
  if (!isAbsolute(path)) throw new InvalidArgumentError(`${JSON.stringify(path)} is no absolute path.`);
  return resolve(path);
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(folder === "/" ? folder : `${folder}/`);
}
