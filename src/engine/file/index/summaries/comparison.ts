import { sep } from "node:path";
import { isSessionId, type SessionId } from "../../../../session/session-id.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { isLikeSessionFile } from "../../disk/session-paths.ts";
import { TimeSlice } from "../../disk/time-slice.ts";
import { identityOf, NO_FILES } from "./file-identity.ts";
import { settledIdentity, UNSETTLED } from "./session-look.ts";
import { checkedId, type SummaryTable } from "./summary-table.ts";

/** A session whose files are not those that the index knows. */
export interface Changed {
  readonly id: SessionId;
  /** Of the files as they are now. */
  readonly identity: string;
  /** What the index has; `undefined` when it does not know the session. */
  readonly before: string | undefined;
}

type Place = Pick<FileContext, "disk" | "paths">;

const ID_LENGTH = 36;
/** Sessions are compared in groups of those whose ids begin alike, of about this many files at least. */
const GROUP = 256;

/** The clock is looked at once for so many sessions: to look at it takes as long as to ask for a file. */
const LOOKS = 64;

/** Those of `ids` whose files are not those that the index knows. */
export function compareSome(
  place: Place,
  summaries: SummaryTable,
  ids: ReadonlySet<SessionId>,
): readonly Changed[] {
  return [...ids]
    .map((id) => ({ id, identity: settledIdentity(place, id), before: summaries.identityOf(id) }))
    .filter(({ identity, before }) => identity !== (before ?? NO_FILES));
}

/**
 * The sessions whose files are not those that the index knows, from a look at every file of the store. A new process
 * waits for this, so each step counts: a group that is as the index knows it costs one comparison of two texts.
 */
export async function compareAll(
  place: Place,
  summaries: SummaryTable,
  closing: AbortSignal,
): Promise<readonly Changed[]> {
  const changed: Changed[] = [];
  const slice = new TimeSlice();
  const groups = groupsOf(place.disk.list(place.paths.root) ?? []);
  for (const [index, { from, names }] of groups.entries()) {
    const found: string[] = [];
    for (let next = 0; next < names.length;) {
      if (found.length % LOOKS === 0 && slice.isOver) {
        await slice.next();
        closing.throwIfAborted();
      }
      const name = names[next++] ?? "";
      const id = name.slice(0, ID_LENGTH);
      // A journal's name comes right before that of its checkpoint.
      const isJournal = name.endsWith("l");
      const hasBoth = isJournal && names[next]?.startsWith(id) === true;
      const checkpoint = hasBoth ? names[next++] : isJournal ? undefined : name;
      found.push(`${id} ${identityOfFiles(place, isJournal ? name : undefined, checkpoint)}`);
    }
    const known = summaries.identities(from, groups[index + 1]?.from);
    if (known !== found.join("\n")) addDifferences(changed, found, known === "" ? [] : known.split("\n"));
  }
  return changed;
}

/**
 * Groups of files in the order of their names. They cover all ids, those of sessions without files included. A name
 * that only looks like that of a session's file makes its group differ, no more.
 */
function groupsOf(names: readonly string[]): { from: string; names: string[] }[] {
  const digits = names.length <= GROUP ? 0 : names.length <= GROUP * 16 ? 1 : 2;
  const groups = Array.from({ length: 16 ** digits }, (_, index) => ({
    from: index === 0 ? "" : index.toString(16).padStart(digits, "0"),
    names: [] as string[],
  }));
  for (const name of names) {
    if (!isLikeSessionFile(name)) continue;
    const [first, second] = [digitOf(name, 0), digitOf(name, 1)];
    groups[digits === 0 ? 0 : digits === 1 ? first : 16 * first + second]?.names.push(name);
  }
  for (const group of groups) group.names.sort();
  return groups;
}

/** The value of a hexadecimal digit; not a number where there is none. */
function digitOf(name: string, at: number): number {
  const code = name.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : Number.NaN;
}

function identityOfFiles(
  { disk, paths }: Place,
  journal: string | undefined,
  checkpoint: string | undefined,
): string {
  const path = paths.root + sep;
  try {
    return identityOf(
      journal === undefined ? undefined : disk.stat(path + journal),
      checkpoint === undefined ? undefined : disk.stat(path + checkpoint),
    );
  } catch {
    return UNSETTLED;
  }
}

/** Compares lines of an id, a space and an identity. */
function addDifferences(changed: Changed[], found: readonly string[], known: readonly string[]): void {
  const gone = new Map<string, string>();
  for (const line of known) gone.set(line.slice(0, ID_LENGTH), line.slice(ID_LENGTH + 1));
  for (const line of found) {
    const id = line.slice(0, ID_LENGTH);
    const identity = line.slice(ID_LENGTH + 1);
    const before = gone.get(id);
    if (before !== identity && isSessionId(id)) changed.push({ id, identity, before });
    gone.delete(id);
  }
  for (const [id, before] of gone) changed.push({ id: checkedId(id), identity: NO_FILES, before });
}
