import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { FileBeside } from "../importer.ts";

/** A task's messages as the model was sent them: the session's file. */
export const TASK_FILE = "api_conversation_history.json";
/** What the person was shown, with times, tokens and costs; under its older name where it was never opened again. */
export const SHOWN_FILES: readonly string[] = ["ui_messages.json", "claude_messages.json"];
/** Which files and models the task used. */
export const ABOUT_FILE = "task_metadata.json";

/** Belong to a task too, and are not read. */
const FURTHER: readonly RegExp[] = [
  /^context_history\.json$/,
  /^settings\.json$/,
  /^focus_chain_taskid_.*\.md$/,
];

/** The task's file that this one lies beside and is read with; itself for any other. */
export function taskFileOf(path: string): string {
  const name = basename(path);
  return SHOWN_FILES.includes(name) || name === ABOUT_FILE ? join(dirname(path), TASK_FILE) : path;
}

/** What lies beside a task's messages. */
export async function besideTask(path: string): Promise<FileBeside[]> {
  const folder = dirname(path);
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile() && isOfTask(entry.name))
    .map(({ name }) => ({ name, path: join(folder, name) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function isOfTask(name: string): boolean {
  return SHOWN_FILES.includes(name) || name === ABOUT_FILE || FURTHER.some((further) => further.test(name));
}

/** How that looks which is read with a task's messages; `undefined` for any other file. */
export async function lookBesideTask(path: string, settledAfterMs: number): Promise<string | undefined> {
  if (basename(path) !== TASK_FILE) return undefined;
  const looks = [...SHOWN_FILES, ABOUT_FILE].map(async (name) => {
    const found = await stat(join(dirname(path), name), { bigint: true }).catch(() => undefined);
    if (found === undefined) return "none";
    // Changed so short ago, it could be changed again unnoticed; this look is like no other.
    if (Date.now() - Number(found.mtimeMs) < settledAfterMs) return `at ${Date.now()}`;
    return [found.dev, found.ino, found.size, found.mtimeNs].join(" ");
  });
  return (await Promise.all(looks)).join(", ");
}
