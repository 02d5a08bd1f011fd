import type { SessionId } from "../../../session/session-id.ts";
import type { SessionEdit } from "../../session-edit.ts";
import { appendFully } from "../disk/append-fully.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { letGo } from "../disk/let-go.ts";
import { readFully } from "../disk/read-fully.ts";

/** The texts of an entry in the log of removals. */
const TEXTS = ["title", "rule", "reason"] as const;

/**
 * Rewrites a session's entries in the log of removals; the file's others stay as they are. Others append to the file
 * under locks that are not this session's: what one of them adds to the old file meanwhile is carried over.
 * @returns whether one changed.
 */
export async function rewriteLog(
  context: FileContext,
  id: SessionId,
  edit: SessionEdit,
  dryRun = false,
): Promise<boolean> {
  const { disk, paths } = context;
  const file = disk.openToRead(paths.removals);
  if (file === undefined) return false;
  try {
    const before = await bytesFrom(file, 0);
    edit.at({ kind: "log" });
    const text = before.toString("utf8");
    const lines = text.split("\n").map((line) => (line.includes(id) ? edited(line, id, edit) : line));
    const after = lines.join("\n");
    if (after === text) return false;
    if (dryRun) return true;
    const temporary = paths.newTemporary(id);
    const copy = disk.create(temporary, "removals.create");
    try {
      try {
        await appendFully(copy, Buffer.from(after), "removals.append");
        await appendFully(copy, await bytesFrom(file, before.length), "removals.append");
        await copy.sync("removals.sync");
      } finally {
        letGo(copy);
      }
      await disk.rename(temporary, paths.removals, "removals.create");
    } finally {
      await disk.remove(temporary, "temporary.remove").catch(() => undefined);
    }
    await disk.syncDirectory(paths.root, "removals.sync-directory");
    return true;
  } finally {
    letGo(file);
  }
}

async function bytesFrom(file: DiskFile, position: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(file.stat().size - position, 0));
  return bytes.subarray(0, await readFully(file, bytes, position));
}

/** A line that is not whole says nothing, and is kept as it is unless something is found in it. */
function edited(line: string, id: SessionId, edit: SessionEdit): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return edit.look(line, line.length) ? "" : line;
  }
  if (entry["id"] !== id) return line;
  let isChanged = false;
  for (const key of TEXTS) {
    const text = entry[key];
    if (typeof text !== "string") continue;
    entry[key] = edit.text(text);
    isChanged ||= entry[key] !== text;
  }
  return isChanged ? JSON.stringify(entry) : line;
}
