import { basename, join } from "node:path";
import type { SessionId } from "../../../session/session-id.ts";
import { appendFully } from "./append-fully.ts";
import { readFully } from "./read-fully.ts";
import type { FileContext } from "./file-context.ts";
import { letGo } from "./let-go.ts";

const CHUNK = 1 << 20;

/** Moves a file that cannot be used into the quarantine, and reports it. */
export async function moveToQuarantine(
  context: FileContext,
  id: SessionId,
  path: string,
  why: string,
): Promise<void> {
  const { disk, paths } = context;
  const folder = await newQuarantineFolder(context, id);
  await disk.rename(path, join(folder, basename(path)), "quarantine.move");
  await disk.syncDirectory(folder, "quarantine.sync-directory");
  await disk.syncDirectory(paths.root, "quarantine.sync-directory");
  report(context, id, path, folder, why);
}

/** Copies a file that is about to be replaced into the quarantine, and reports it. */
export async function copyToQuarantine(
  context: FileContext,
  id: SessionId,
  path: string,
  why: string,
): Promise<void> {
  const { disk } = context;
  const source = disk.openToRead(path);
  if (source === undefined) return;
  const folder = await newQuarantineFolder(context, id);
  try {
    const target = disk.create(join(folder, basename(path)), "quarantine.move");
    try {
      const buffer = Buffer.allocUnsafe(CHUNK);
      for (let position = 0, count = 1; count > 0; position += count) {
        count = await readFully(source, buffer, position);
        await appendFully(target, buffer.subarray(0, count), "quarantine.move");
      }
      await target.sync("quarantine.move");
    } finally {
      letGo(target);
    }
  } finally {
    letGo(source);
  }
  await disk.syncDirectory(folder, "quarantine.sync-directory");
  report(context, id, path, folder, why);
}

async function newQuarantineFolder(context: FileContext, id: SessionId): Promise<string> {
  const { disk, paths, directory } = context;
  let time = Date.now();
  let folder = paths.newFolder(paths.quarantine, id, new Date(time));
  while (disk.stat(folder) !== undefined) folder = paths.newFolder(paths.quarantine, id, new Date(++time));
  await directory.make(folder);
  return folder;
}

function report(context: FileContext, id: SessionId, path: string, folder: string, why: string): void {
  context.report({
    kind: "quarantined",
    sessionId: id,
    message: `${basename(path)} cannot be used (${why}); its bytes are kept in ${folder}.`,
  });
}
