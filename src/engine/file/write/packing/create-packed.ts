import type { Committed } from "../../../../session/commit.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { Created, NewSession } from "../../../new-session.ts";
import { appendFullyNow } from "../../disk/append-fully.ts";
import type { DiskFile, FileStat } from "../../disk/disk.ts";
import { letGo } from "../../disk/let-go.ts";
import { storageError } from "../../disk/storage-error.ts";
import { encodeSettled } from "../../journal/record/encode-record.ts";
import { hasZstd } from "../../packed/zstd.ts";
import { CommitBatch } from "../commit-batch.ts";
import { isTooMany } from "../open-files.ts";
import { PreviewTracker } from "../preview-tracker.ts";
import type { WriterContext } from "../writer-context.ts";
import { packedBytes } from "./packed-bytes.ts";

/** A new session on its way: its packed journal is written, and has no name yet. */
interface Written {
  readonly id: SessionId;
  readonly batch: CommitBatch;
  readonly committed: Committed;
  readonly file: DiskFile;
  readonly stat: FileStat;
}

const LEFT: Created = { status: "fulfilled", value: undefined };

/**
 * Stores new sessions that rest, packed from the beginning: each journal is written aside, all are synced at the same
 * time, each gets its name, and one sync of the directory makes the names durable. What is stored is as durable as after
 * a commit when this resolves, and a crash leaves each session whole or not at all.
 *
 * No lock is taken: the name is given by a link, which one of all who try gets. Whoever changes a session looks for its
 * files under its lock first, and finds none until then. Where links do not exist, all is left to `commit`.
 */
export async function createPacked(
  context: WriterContext,
  sessions: readonly NewSession[],
): Promise<Created[]> {
  if (!hasZstd()) return sessions.map(() => LEFT);
  try {
    if (!context.directory.isReady) await context.directory.ensure();
  } catch (error) {
    return sessions.map(({ id }) => failed(id, error, "not-stored"));
  }
  const results = new Map<NewSession, Created>();
  const written = new Map<NewSession, Written>();
  try {
    for (const session of sessions) {
      const one = write(context, session);
      if ("status" in one) results.set(session, one);
      else written.set(session, one);
    }
    await Promise.all(
      [...written].map(async ([session, { id, file }]) => {
        try {
          await file.sync("pack.sync");
        } catch (error) {
          results.set(session, failed(id, error, "not-stored"));
        }
      }),
    );
    const named: NewSession[] = [];
    for (const [session, one] of written) {
      if (results.has(session)) continue;
      const result = await name(context, one);
      if (result === undefined) named.push(session);
      else results.set(session, result);
    }
    await makeDurable(context, named, written, results);
  } finally {
    for (const { file } of written.values()) {
      letGo(file);
      await context.disk.remove(file.path, "temporary.remove").catch(() => undefined);
    }
  }
  return sessions.map((session) => results.get(session) ?? LEFT);
}

/** Writes a session's packed journal aside, where nothing of that id is there. */
function write(context: WriterContext, { id, commit }: NewSession): Written | Created {
  const { disk, paths } = context;
  let file: DiskFile | undefined;
  let isWhole = false;
  try {
    const taken = [paths.journal(id), paths.checkpoint(id), paths.lease(id)];
    if (taken.some((path) => disk.stat(path) !== undefined)) return LEFT;
    let refused: unknown;
    const batch = new CommitBatch(id, undefined);
    batch.add(
      { commit, durability: "disk", resolve: () => undefined, reject: (error) => (refused = error) },
      undefined,
    );
    const committed = batch.accepted[0]?.committed;
    if (committed === undefined) return { status: "rejected", reason: refused };
    const settled = encodeSettled({ ...batch.position, offset: batch.end });
    const bytes = packedBytes(id, Buffer.concat([...batch.lines, settled]));
    file = disk.create(paths.newTemporary(id), "pack.write");
    appendFullyNow(file, bytes, "pack.write");
    isWhole = true;
    return { id, batch, committed, file, stat: file.stat() };
  } catch (error) {
    // `commit` makes room, and makes directories that were removed.
    if (isTooMany(error) || (error as NodeJS.ErrnoException).code === "ENOENT") return LEFT;
    return failed(id, error, "not-stored");
  } finally {
    if (file !== undefined && !isWhole) {
      letGo(file);
      void disk.remove(file.path, "temporary.remove").catch(() => undefined);
    }
  }
}

/** Gives it its name; `undefined` when it has it. */
async function name(
  { disk, paths, directory }: WriterContext,
  { id, file }: Written,
): Promise<Created | undefined> {
  try {
    // A document may have come meanwhile, of a session that Astrid began.
    if (disk.stat(paths.checkpoint(id)) !== undefined) return LEFT;
    return (await disk.publish(file.path, paths.journal(id), "journal.publish", "link only"))
      ? undefined
      : LEFT;
  } catch (error) {
    // The file was removed, by whoever looks for secrets, or the directory: `commit` tells, or makes it.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return failed(id, error, "not-stored");
    directory.forget();
    return LEFT;
  }
}

async function makeDurable(
  context: WriterContext,
  named: readonly NewSession[],
  written: ReadonlyMap<NewSession, Written>,
  results: Map<NewSession, Created>,
): Promise<void> {
  if (named.length === 0) return;
  let problem: { readonly error: unknown } | undefined;
  try {
    await context.disk.syncDirectory(context.paths.root, "journal.sync-directory");
  } catch (error) {
    problem = { error };
  }
  for (const session of named) {
    const one = written.get(session) as Written;
    if (problem !== undefined) {
      results.set(session, failed(one.id, problem.error, "unknown"));
      continue;
    }
    results.set(session, { status: "fulfilled", value: one.committed });
    noteSaved(context, one);
  }
}

/** So that a listing need not read what was just written. */
function noteSaved(context: WriterContext, { id, batch, stat }: Written): void {
  const preview = new PreviewTracker(true);
  for (const { applied } of batch.accepted) preview.note(applied);
  const { position, head, messageCount, updatedAt = "" } = batch;
  context.saved(id, {
    ...{ journal: stat, document: undefined, packed: true, preview },
    ...{ revision: position.revision, updatedAt, head, messageCount },
  });
}

function failed(id: SessionId, error: unknown, outcome: "not-stored" | "unknown"): Created {
  return { status: "rejected", reason: storageError(error, `save session ${id}`, outcome) };
}
