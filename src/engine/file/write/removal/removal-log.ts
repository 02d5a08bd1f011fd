import type { SessionId } from "../../../../session/session-id.ts";
import type { Removal, RemovalNote } from "../../../contract.ts";
import { appendFullyNow } from "../../disk/append-fully.ts";
import type { DiskFile } from "../../disk/disk.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { letGo } from "../../disk/let-go.ts";
import { readOnce } from "../../disk/read-fully.ts";
import { isFull } from "../../disk/storage-error.ts";
import type { TrashedLife } from "../../read/trashed-lives.ts";

/**
 * The log of removals has two halves. A removal that was given a note has it in its own tombstone: both are one record,
 * so there is neither without the other. Before a tombstone goes (the trash is emptied) or no longer counts (the session
 * is restored), the file `removals.jsonl` takes its entry over, and is synced. What is removed for good has no tombstone
 * left: its entry is in the file before it goes, and counts as soon as it is gone.
 */
type Line =
  /** `trash`: taken over from a tombstone. `gone`: counts while the trash does not have it. */
  | (Removal & { readonly key: string })
  /** It came back from the trash: an earlier `gone` was not carried out. */
  | { readonly key: string; readonly to: "restored" }
  /** Its session was to be rewritten, which gives its tombstone another checksum: both keys are this life's. */
  | { readonly key: string; readonly to: "rewritten"; readonly was: string };

/** A life in the trash, as the log knows it. */
export type LoggedLife = Pick<TrashedLife, "title" | "messageCount" | "why"> & {
  readonly id: SessionId;
  readonly removedAt: string;
  /** Tells this life from any other that was ever in the trash. */
  readonly key: string;
};

/** A life as the log knows it, told by its tombstone. */
export function loggedLife(
  id: SessionId,
  {
    title,
    messageCount,
    why,
    removedAt,
    checksum,
  }: Omit<LoggedLife, "id" | "key"> & { readonly checksum: string },
): LoggedLife {
  return { id, title, messageCount, why, removedAt, key: `${id} ${checksum}` };
}

/**
 * Removes lives from the trash for good, and has that in the log. On a full disk they go first, which makes the room
 * for the log.
 * @param note why they go; `undefined`: that alone is nothing for the log.
 */
export async function goneFromTrash(
  context: FileContext,
  lives: readonly LoggedLife[],
  note: RemovalNote | undefined,
  remove: () => Promise<void>,
): Promise<void> {
  const now = new Date().toISOString();
  const lines = lives.flatMap((life) => [
    ...(life.why === undefined || life.why[3] === "gone" ? [] : [lineOf(life, life.removedAt, "trash")]),
    ...goneLines(life, now, note),
  ]);
  try {
    await append(context, lines);
  } catch (error) {
    if (!isFull(error)) throw error;
    await remove();
    await append(context, lines);
    return;
  }
  await remove();
}

/** What was to be removed for good from the first says so by itself. */
function goneLines(life: LoggedLife, now: string, note: RemovalNote | undefined): Line[] {
  if (life.why?.[3] === "gone") return [lineOf(life, life.removedAt, "gone")];
  if (note === undefined) return [];
  const { run, rule, reason } = note;
  return [lineOf({ ...life, why: [run, rule, reason, "gone"] }, now, "gone")];
}

/** A life is about to be restored: what its tombstone says goes into the file. */
export async function backFromTrash(context: FileContext, life: LoggedLife): Promise<void> {
  const lines: Line[] = life.why === undefined ? [] : [lineOf(life, life.removedAt, "trash")];
  const logged = await read(context);
  const firstKey = firstKeys(logged);
  const isMentioned = logged.some(({ key }) => firstKey(key) === firstKey(life.key));
  await append(context, isMentioned ? [...lines, { key: life.key, to: "restored" }] : lines);
}

/**
 * A session is about to be rewritten: what the log has of its lives in the trash stays theirs, whether that is carried
 * out or cut short.
 * @param tombstones the checksum of each as it is, and as it will be.
 */
export async function keysRewritten(
  context: FileContext,
  id: SessionId,
  tombstones: readonly (readonly [was: string, checksum: string])[],
): Promise<void> {
  if (tombstones.length === 0) return;
  const logged = new Set((await read(context)).map(({ key }) => key));
  const lines = tombstones.flatMap(([was, checksum]): Line[] =>
    logged.has(`${id} ${was}`) ? [{ key: `${id} ${checksum}`, to: "rewritten", was: `${id} ${was}` }] : [],
  );
  await append(context, lines);
}

/** The key that a life had before its session was rewritten, however often. */
function firstKeys(lines: readonly Line[]): (key: string) => string {
  const earlier = new Map(
    lines.flatMap((line) => (line.to === "rewritten" ? [[line.key, line.was] as const] : [])),
  );
  return (key) => {
    let first = key;
    // A key that was its own predecessor would go round for ever.
    for (let steps = 0; steps <= earlier.size; steps++) first = earlier.get(first) ?? first;
    return first;
  };
}

/** All removals that have a note, the newest first. `lives` are those that were in the trash before this is called. */
export async function loggedRemovals(context: FileContext, lives: readonly LoggedLife[]): Promise<Removal[]> {
  const lines = await read(context);
  const firstKey = firstKeys(lines);
  const inTrash = new Set(lives.map(({ key }) => firstKey(key)));
  const trash = new Map<string, Removal>();
  const gone = new Map<string, Removal>();
  for (const life of lives)
    if (life.why !== undefined) trash.set(firstKey(life.key), entryOf(lineOf(life, life.removedAt, "trash")));
  for (const line of lines) {
    const key = firstKey(line.key);
    if (line.to === "rewritten") continue;
    if (line.to === "restored") gone.delete(key);
    else if (line.to === "trash") trash.set(key, entryOf(line));
    else if (!inTrash.has(key)) gone.set(key, entryOf(line));
  }
  const time = ({ removedAt }: Removal): number => Date.parse(removedAt);
  return [...trash.values(), ...gone.values()].sort((left, right) => time(right) - time(left));
}

function lineOf(
  { id, title, messageCount, key, why }: LoggedLife,
  removedAt: string,
  to: Removal["to"],
): Removal & { readonly key: string } {
  const [run = "", rule = "", reason = ""] = why ?? [];
  return { key, id, removedAt, to, title, messageCount, run, rule, reason };
}

function entryOf({ id, removedAt, to, title, messageCount, run, rule, reason }: Removal): Removal {
  return { id, removedAt, to, title, messageCount, run, rule, reason };
}

/** Appends and syncs lines. They begin with a newline, so that nothing that a crash cut short swallows them. */
async function append(context: FileContext, lines: readonly Line[]): Promise<void> {
  if (lines.length === 0) return;
  const { disk, paths } = context;
  const bytes = Buffer.from(`\n${lines.map((line) => `${JSON.stringify(line)}\n`).join("")}`);
  const file = disk.openToAppend(paths.removals) ?? create(context) ?? disk.openToAppend(paths.removals);
  if (file === undefined) throw new Error(`the file ${paths.removals} comes and goes`);
  try {
    appendFullyNow(file, bytes, "removals.append");
    await file.sync("removals.sync");
  } finally {
    letGo(file);
  }
  // Whoever has made the file may have died before its name was for certain.
  await disk.syncDirectory(paths.root, "removals.sync-directory");
}

function create({ disk, paths }: FileContext): DiskFile | undefined {
  try {
    return disk.create(paths.removals, "removals.create");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  }
}

/** What is no whole line was never acknowledged: what it was to say, the trash still says. */
async function read({ disk, paths }: FileContext): Promise<Line[]> {
  const file = disk.openToRead(paths.removals);
  if (file === undefined) return [];
  try {
    const buffer = Buffer.alloc(file.stat().size);
    const text = buffer.toString("utf8", 0, await readOnce(file, buffer, 0));
    return text.split("\n").flatMap((line) => parsed(line) ?? []);
  } finally {
    letGo(file);
  }
}

function parsed(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line;
    return typeof line === "object" && typeof line.key === "string" ? line : undefined;
  } catch {
    return undefined;
  }
}
