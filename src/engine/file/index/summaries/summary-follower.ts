import type { DatabaseSync } from "node:sqlite";
import type { SessionId } from "../../../../session/session-id.ts";
import type { Unreadable } from "../../../contract.ts";
import { scanSession, type Scanned } from "../../read/session-scan.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { sessionOfFile } from "../../disk/session-paths.ts";
import { TimeSlice } from "../../disk/time-slice.ts";
import { DirectoryWatch } from "./directory-watch.ts";
import { identityNow, identityOf, NO_FILES } from "./file-identity.ts";
import type { OwnSave } from "../../write/own-save.ts";
import { summaryAfter } from "./own-saves.ts";
import { checkedId, type SummaryTable } from "./summary-table.ts";
import { writing } from "../writing.ts";

/** A listing that has to read so many sessions tells of its progress. */
const WORTH_TELLING = 1000;
/** How often a session that changes while it is read is read again. */
const TRIES = 5;

/**
 * Brings the summaries up to the disk: by the saves of this process, by what the kernel tells, or by comparing every
 * file. What differs is read again, and only that.
 */
export class SummaryFollower {
  readonly #context: FileContext;
  readonly #onThisMachine: boolean;
  readonly #progress: (done: number, total: number) => void;
  readonly #saves = new Map<SessionId, OwnSave | undefined>();
  readonly #unreadable = new Map<SessionId, { readonly identity: string; readonly found: Unreadable }>();
  #watch: DirectoryWatch | undefined;
  /** The table for which everything was compared; the kernel has told of each change since. */
  #compared: SummaryTable | undefined;
  #closed = false;

  /** @param onThisMachine the disk is this machine's, so that the kernel tells what changes. */
  constructor(context: FileContext, onThisMachine: boolean, progress: (done: number, total: number) => void) {
    this.#context = context;
    this.#onThisMachine = onThisMachine;
    this.#progress = progress;
  }

  /** Takes note of an own save, or with `undefined` that a session must be read again; costs next to nothing. */
  noteSave(id: SessionId, save: OwnSave | undefined): void {
    this.#saves.set(id, save);
  }

  /** How many own saves are not in the summaries. */
  get unput(): number {
    return this.#saves.size;
  }

  /** Own saves become summaries without the sessions being read. The caller is writing to the table. */
  putSaves(summaries: SummaryTable): void {
    const { disk, paths } = this.#context;
    for (const [id, save] of this.#saves) {
      if (save === undefined) continue;
      const after = summaryAfter(id, save, disk.stat(paths.journal(id)), disk.stat(paths.checkpoint(id)));
      if (after !== undefined) summaries.put(id, after.identity, after);
    }
    this.#saves.clear();
  }

  /** The changes that the kernel tells of, for as long as the store is open; `undefined` where it does not. */
  watch(): DirectoryWatch | undefined {
    if (this.#watch?.isGood === false) {
      this.#watch.close();
      this.#watch = undefined;
      this.#compared = undefined;
    }
    if (this.#onThisMachine && !this.#closed) this.#watch ??= DirectoryWatch.open(this.#context.paths.root);
    return this.#watch;
  }

  /** What was matched is in this table now. */
  goOnWith(summaries: SummaryTable): void {
    this.#compared = summaries;
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
  }

  /**
   * Brings the table up to the disk.
   * @returns how many sessions had to be read.
   */
  async match(database: DatabaseSync, summaries: SummaryTable): Promise<number> {
    const watch = this.watch();
    const drained = watch === undefined ? "all" : await watch.drain();
    const changes = this.#compared === summaries ? drained : "all";
    // What was drained is lost with an error: then everything is compared the next time.
    this.#compared = undefined;
    if (this.#saves.size > 0) await writing(database, () => this.putSaves(summaries));
    const changed =
      changes === "all" ? await this.#compareAll(summaries) : this.#compareSome(summaries, changes);
    for (const id of summaries.unsettled()) changed.push(id);
    await this.#readAgain(database, summaries, [...new Set(changed)]);
    this.#compared = summaries;
    return changed.length;
  }

  #compareSome(summaries: SummaryTable, ids: ReadonlySet<SessionId>): SessionId[] {
    const { disk, paths } = this.#context;
    return [...ids].filter((id) => identityNow(disk, paths, id) !== (summaries.identityOf(id) ?? NO_FILES));
  }

  /** The sessions whose files are not those that the index knows. A new process waits for this: each step counts. */
  async #compareAll(summaries: SummaryTable): Promise<SessionId[]> {
    const { disk, paths } = this.#context;
    const known = summaries.identities();
    const files = filesOf(disk.list(paths.root) ?? []);
    const changed: SessionId[] = [];
    let seen = 0;
    const slice = new TimeSlice();
    for (const [id, which] of files) {
      if (slice.isOver) await slice.next();
      const journal = (which & JOURNAL) === 0 ? undefined : disk.stat(paths.journal(id));
      const checkpoint = (which & CHECKPOINT) === 0 ? undefined : disk.stat(paths.checkpoint(id));
      const identity = known.get(id);
      if (identity !== undefined) seen++;
      if (identity !== identityOf(journal, checkpoint)) changed.push(id);
    }
    if (seen < known.size) {
      for (const id of known.keys()) if (!files.has(id as SessionId)) changed.push(checkedId(id));
    }
    return changed;
  }

  /** Reads sessions and puts them into the index, a few at a time. */
  async #readAgain(
    database: DatabaseSync,
    summaries: SummaryTable,
    ids: readonly SessionId[],
  ): Promise<void> {
    const { disk, paths } = this.#context;
    let left = ids.map((id) => ({ id, tries: 0 }));
    let done = 0;
    while (left.length > 0) {
      const again: typeof left = [];
      let read: { id: SessionId; tries: number; identity: string; found: Scanned | undefined }[] = [];
      const slice = new TimeSlice();
      const put = async (): Promise<void> => {
        await writing(database, () => {
          for (const { id, tries, identity, found } of read) {
            // Whatever is put has the files' identity at a moment when nobody else can put: an older never replaces a newer.
            const isSettled = identityNow(disk, paths, id) === identity;
            if (isSettled || tries >= TRIES) this.#put(summaries, id, isSettled ? identity : "", found);
            else again.push({ id, tries: tries + 1 });
          }
        });
        done += read.length;
        read = [];
        if (ids.length >= WORTH_TELLING) this.#progress(Math.min(done, ids.length), ids.length);
        await slice.next();
      };
      for (const { id, tries } of left) {
        const identity = identityNow(disk, paths, id);
        // Another process may have read it meanwhile.
        if (summaries.identityOf(id) === identity) continue;
        read.push({ id, tries, identity, found: await scanSession(disk, paths, id) });
        if (slice.isOver) await put();
      }
      if (read.length > 0) await put();
      left = again;
    }
  }

  #put(summaries: SummaryTable, id: SessionId, identity: string, found: Scanned | undefined): void {
    this.#unreadable.delete(id);
    if (identity === NO_FILES) summaries.delete(id);
    else if (found === undefined) summaries.put(id, identity, "none");
    else if ("summary" in found) {
      const { summary } = found;
      summaries.put(id, identity, summary === undefined ? "none" : { summary });
    } else {
      summaries.put(id, identity, "unreadable");
      this.#unreadable.set(id, { identity, found: found.unreadable });
    }
  }

  /** Why those sessions cannot be read; those that can be by now are left out. */
  async unreadable(ids: readonly SessionId[]): Promise<Unreadable[]> {
    const { disk, paths } = this.#context;
    const all: Unreadable[] = [];
    for (const id of ids) {
      let known = this.#unreadable.get(id);
      if (known === undefined) {
        const found = await scanSession(disk, paths, id);
        if (found === undefined || "summary" in found) continue;
        known = { identity: "", found: found.unreadable };
        this.#unreadable.set(id, known);
      }
      all.push(known.found);
    }
    return all;
  }
}

const JOURNAL = 1;
const CHECKPOINT = 2;

/** Which files each session has. */
function filesOf(names: readonly string[]): Map<SessionId, number> {
  const files = new Map<SessionId, number>();
  for (const name of names) {
    const id = sessionOfFile(name);
    if (id !== undefined) files.set(id, (files.get(id) ?? 0) | (name.endsWith("l") ? JOURNAL : CHECKPOINT));
  }
  return files;
}
