import { realpathSync, statSync } from "node:fs";
import { basename, resolve, sep } from "node:path";
import type { Environment } from "../../home/astrid-home.ts";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import { AGENT_HOMES, atHome, homeOf, UNREAD_HOMES, type AgentHome } from "../homes.ts";

/** A folder of an agent's that is named by the caller. */
export interface GivenSource {
  readonly agent: string;
  readonly folder: string;
}

/** A folder in which an agent keeps sessions. */
export interface Source {
  readonly home: AgentHome;
  /** As it was found: sessions note their file under it. */
  readonly folder: string;
  /** What it is, links followed; the folder itself where it is not there. */
  readonly real: string;
  readonly isThere: boolean;
  /** Somebody named it; else it is one of the agent's usual ones. */
  readonly isGiven: boolean;
}

/** Where a given folder may be of any shape: what files are is told by their content. */
const LIKE_A_TRANSCRIPT = /\.(?:jsonl?|jsonl\.zst|traj|db|sqlite)$/;

/**
 * The agents' folders that there are, and those that were given, whether they are there or not. The same folder counts
 * once, also by another name; the store itself and what lies in it are none.
 * @param own folders that are never a source: the store's.
 * @throws {InvalidArgumentError} when an agent is not known, or a given folder is the store's.
 */
export function sourcesOf(given: readonly GivenSource[], env: Environment, own: readonly string[]): Source[] {
  const sources: Source[] = [];
  const realOwn = own.map(real);
  const add = (home: AgentHome, folder: string, isGiven: boolean): void => {
    const found = real(folder);
    if (realOwn.some((one) => isWithin(found, one))) {
      if (!isGiven) return;
      throw new InvalidArgumentError(`${folder} is the store itself, which is no source.`);
    }
    const isThere = isDirectory(folder);
    if ((!isThere && !isGiven) || sources.some((one) => isWithin(found, one.real))) return;
    // What lies in a folder that comes later counts with that one.
    const others = sources.filter((one) => !isWithin(one.real, found));
    sources.splice(0, sources.length, ...others, { home, folder, real: found, isThere, isGiven });
  };
  for (const home of AGENT_HOMES)
    for (const folder of home.folders(env)) if (folder !== "") add(home, resolve(folder), false);
  for (const { agent, folder } of given) add(known(agent), resolve(folder), true);
  return sources;
}

/** Folders of agents that nothing here reads, as far as they are there. */
export function unreadSources(env: Environment): { readonly name: string; readonly folder: string }[] {
  return UNREAD_HOMES.flatMap(({ name, folder }) =>
    atHome(env, folder).map((path) => ({ name, folder: path })),
  ).filter(({ folder }) => isDirectory(folder));
}

/** Whether a file is a session's, by its path in the source's folder. */
export function isSessionFile({ home, isGiven }: Source, path: string): boolean {
  const inside = sep === "/" ? path : path.replaceAll(sep, "/");
  return home.files.test(inside) || (isGiven && LIKE_A_TRANSCRIPT.test(basename(inside)));
}

/** Whether `path` is `folder` or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

export function real(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}

function known(agent: string): AgentHome {
  const home = homeOf(agent);
  if (home !== undefined) return home;
  const names = AGENT_HOMES.map((one) => one.agent).join(", ");
  throw new InvalidArgumentError(`There is no agent ${JSON.stringify(agent)}: name one of ${names}.`);
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
