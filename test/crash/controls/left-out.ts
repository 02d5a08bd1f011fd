import { READ_CODES } from "../simulation/error-codes.ts";
import type { Plan } from "../simulation/run-seed.ts";
import type { Script } from "../simulation/script.ts";
import type { Disk, DiskFile, FileStat, Step } from "../../../src/engine/file/disk/disk.ts";

/** A step of the engine that is left out, to see that the laboratory notices. */
export interface LeftOut {
  readonly name: string;
  /** For a person, in the table. */
  readonly title: string;
  /** Leaves the step out on the way to the disk. */
  readonly wrap?: (disk: Disk) => Disk;
  /** Leaves the step out of the source text, which is changed as it is loaded. */
  readonly patch?: { readonly file: string; readonly from: string; readonly to: string };
  /** Noticed by other suites than the random simulation. */
  readonly isForOthers?: true;
  /** What the simulation is to do, so that it comes by the place often. */
  readonly plan?: Partial<Plan>;
  /** Instead of the random simulation: the power goes at each change of this script. For a step that is come by seldom. */
  readonly script?: Script;
}

export const STEPS_LEFT_OUT: readonly LeftOut[] = [
  {
    name: "no-journal-sync",
    title: "the journal is not synced before a commit is acknowledged",
    wrap: withoutSync((step) => step === "journal.sync"),
  },
  {
    name: "no-sync-before-rename",
    title: "a new file is not synced before it gets its name",
    wrap: withoutSync((step) => /^(checkpoint|journal\.create|journal\.replace)\.sync$/.test(step)),
  },
  {
    name: "no-directory-sync",
    title: "directories are not synced after names change",
    wrap: withoutSync((step) => step.endsWith("sync-directory")),
  },
  {
    name: "no-checksum",
    title: "checksums of records are not verified",
    patch: {
      file: "src/engine/file/journal/record/decode-record.ts",
      from: "  if (checksumText(found ?? crc32(line.subarray(CHECKED_FROM))) !== checksum) return undefined;\n",
      to: "",
    },
  },
  {
    name: "checkpoint-ahead",
    title: "a checkpoint covers journal lines that are not synced",
    plan: { durable: false },
    wrap: withoutSync((step) => step === "journal.sync"),
  },
  {
    name: "no-tombstone-sync",
    title: "files are removed though the tombstone is not synced",
    wrap: withoutSync((step) => step === "tombstone.sync"),
  },
  {
    name: "no-seal",
    title: "records are appended behind a torn end that is not sealed",
    patch: {
      file: "src/engine/file/write/put-in-order.ts",
      from: "  } else if (scan?.tornFrom !== undefined) {\n",
      to: "  } else if (scan === null) {\n",
    },
  },
  {
    name: "no-fencing",
    title: "locks lie, and nobody looks whether someone else has written",
    plan: { always: ["lying-locks"] },
    patch: {
      file: "src/engine/file/write/append-batch.ts",
      from: "  if (modified === undefined) return await afterIntrusion(context, id, session, batch);\n",
      to: "",
    },
  },
  {
    name: "sync-again",
    title: "a sync that failed is tried again on the same file",
    plan: { always: ["faults"] },
    wrap: (disk) =>
      withFiles(disk, (file) => ({
        ...bound(file),
        sync: (step) => file.sync(step).catch(() => file.sync(step)),
      })),
  },
  {
    name: "swallowed-reads",
    title: "what cannot be read is taken for absent",
    plan: { features: ["failing-reads"], always: ["failing-reads"] },
    wrap: (disk) => ({
      ...withFiles(disk, (file) => file),
      stat: (path) => orAbsent(() => disk.stat(path)),
      openToRead: (path) => orAbsent(() => disk.openToRead(path)),
      openToAppend: (path) => orAbsent(() => disk.openToAppend(path)),
      list: (path) => orAbsent(() => disk.list(path)),
    }),
  },
  {
    name: "forgotten-lives",
    title: "the trash forgets the lives before the last",
    plan: { always: ["lives"] },
    patch: {
      file: "src/engine/file/write/commit-batch.ts",
      from: "      earlier: this.#base?.earlier,\n",
      to: "",
    },
  },
  {
    name: "chained-end",
    title: "the end of a journal is trusted when its last two records chain",
    plan: { always: ["batches", "lost-blocks"] },
    patch: {
      file: "src/engine/file/journal/journal-tail.ts",
      from: "    return !isLast && offset < this.#known;\n",
      to: "    return !isLast;\n",
    },
  },
  {
    name: "no-pack-sync",
    title: "a packed journal is not synced before it takes the journal's place",
    plan: { always: ["packing"] },
    wrap: withoutSync((step) => step === "pack.sync"),
  },
  {
    name: "no-pack-name-sync",
    title: "a packed session's document is removed though the packed journal's name is not synced",
    script: [
      ["create", 0],
      ["append", 0],
      ["checkpoint", 0],
      ["pack", 0],
    ],
    wrap: withoutSync((step) => step === "pack.sync-directory"),
  },
  {
    name: "unpacked-without-document",
    title: "a session is unpacked before its document is there",
    plan: { always: ["packing"] },
    patch: {
      file: "src/engine/file/write/packing/unpack-journal.ts",
      from: "    const note = await putDocument(context, id, journal, scan);\n",
      to: "    const note = undefined;\n",
    },
  },
  {
    name: "times-go-back",
    title: "a commit's time may be before that of the one before",
    plan: { always: ["clocks"] },
    patch: {
      file: "src/engine/apply-commit.ts",
      from: "  return new Date(updatedAt === undefined ? time : Math.max(time, Date.parse(updatedAt))).toISOString();\n",
      to: "  return new Date(time).toISOString();\n",
    },
  },
  {
    name: "old-document",
    title: "nobody knows the old document of a session that was rewritten",
    plan: { always: ["rewrites"], features: ["rewrites"], sessions: 1, processes: 1 },
    patch: {
      file: "src/engine/file/read/session-reader.ts",
      from: '    if (document.kind === "ours" && isReplaced(document.checkpoint, journal)) return { state: "left-over" };\n',
      to: "",
    },
  },
  {
    name: "no-vacuum-sync",
    title: "a shortened journal is not synced before it takes its place",
    plan: { always: ["vacuums"], features: ["vacuums"], sessions: 1, processes: 1 },
    wrap: withoutSync((step) => step === "journal.replace.sync"),
  },
  {
    name: "kept-locks",
    title: "a lock is not let go",
    wrap: (disk) => ({
      ...withFiles(disk, (file) => file),
      lock: async (path, patience) => (await disk.lock(path, patience)) && ((): void => undefined),
    }),
  },
  {
    name: "no-log-sync",
    title: "the log of removals is not synced before the trash is emptied",
    plan: { always: ["cleanups", "empty-trash"] },
    wrap: withoutSync((step) => step.startsWith("removals.sync")),
  },
  {
    name: "blind-to-holders",
    title: "a lease is given without a look at the lock of the one before",
    plan: { always: ["leases"] },
    patch: {
      file: "src/engine/file/lease/holders.ts",
      from: "  return unlock === undefined;\n",
      to: "  return false;\n",
    },
  },
  {
    name: "blind-owners",
    title: "a write under a lease does not look whether it still holds",
    plan: { always: ["leases"] },
    patch: {
      file: "src/engine/file/write/commit-batch.ts",
      from: "    if (commit.lease !== undefined && commit.lease !== this.#lease?.token)\n      throw new LeaseLostError(this.#id, this.#lease);\n",
      to: "",
    },
  },
  {
    name: "blind-to-documents",
    title: "nobody looks whether a document is still our own",
    isForOthers: true,
    wrap: blindToDocuments,
  },
];

/** A disk that shows a document as we wrote it last, whoever has written it since. */
function blindToDocuments(disk: Disk): Disk {
  const own = new Map<string, FileStat>();
  return {
    ...withFiles(disk, (file) => ({ ...bound(file), stat: () => own.get(file.path) ?? file.stat() })),
    stat: (path) => own.get(path) ?? disk.stat(path),
    rename: async (from, to, step) => {
      await disk.rename(from, to, step);
      const stat = step === "checkpoint.rename" ? disk.stat(to) : undefined;
      if (stat !== undefined) own.set(to, stat);
    },
  };
}

function orAbsent<T>(ask: () => T | undefined): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (READ_CODES.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** A disk that says that it has synced, and has not. */
function withoutSync(isLeftOut: (step: Step) => boolean): (disk: Disk) => Disk {
  return (disk) => ({
    ...withFiles(disk, (file) => ({
      ...bound(file),
      sync: (step) => (isLeftOut(step) ? Promise.resolve() : file.sync(step)),
    })),
    syncDirectory: (path, step) => (isLeftOut(step) ? Promise.resolve() : disk.syncDirectory(path, step)),
  });
}

function withFiles(disk: Disk, wrap: (file: DiskFile) => DiskFile): Disk {
  const orNone = (file: DiskFile | undefined): DiskFile | undefined =>
    file === undefined ? undefined : wrap(file);
  return {
    stat: (path) => disk.stat(path),
    openToRead: (path) => orNone(disk.openToRead(path)),
    openToAppend: (path) => orNone(disk.openToAppend(path)),
    create: (path, step) => wrap(disk.create(path, step)),
    list: (path) => disk.list(path),
    makeDirectory: (path, step) => disk.makeDirectory(path, step),
    publish: (from, to, step) => disk.publish(from, to, step),
    rename: (from, to, step) => disk.rename(from, to, step),
    remove: (path, step) => disk.remove(path, step),
    syncDirectory: (path, step) => disk.syncDirectory(path, step),
    lock: (path, patience) => disk.lock(path, patience),
  };
}

function bound(file: DiskFile): DiskFile {
  return {
    path: file.path,
    stat: () => file.stat(),
    readNow: (target, position) => file.readNow(target, position),
    read: (target, position) => file.read(target, position),
    appendNow: (bytes, step) => file.appendNow(bytes, step),
    append: (bytes, step) => file.append(bytes, step),
    overwrite: (bytes, position, step) => file.overwrite(bytes, position, step),
    truncate: (size, step) => file.truncate(size, step),
    sync: (step) => file.sync(step),
    close: () => file.close(),
  };
}
