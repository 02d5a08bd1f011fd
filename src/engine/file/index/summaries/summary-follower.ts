import type { DatabaseSync } from "node:sqlite";
import type { SessionId } from "../../../../session/session-id.ts";
import type { Unreadable } from "../../../contract.ts";
import type { Scanned } from "../../read/session-scan.ts";
import type { OwnSave } from "../../write/own-save.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { TimeSlice } from "../../disk/time-slice.ts";
import { compareAll, compareSome, type Changed } from "./comparison.ts";
import { DirectoryWatch } from "./directory-watch.ts";
import { NO_FILES } from "./file-identity.ts";
import { OwnSaves } from "./own-saves.ts";
import { lookAt, settledIdentity, UNSETTLED } from "./session-look.ts";
import type { SummaryTable } from "./summary-table.ts";
import { keepMuch } from "../index-database.ts";
import { writing, Writing } from "../writing.ts";

/** A listing that has to read so many sessions tells of its progress. */
const WORTH_TELLING = 1000;
/** How often a session that other processes put meanwhile is read again. */
const TRIES = 5;
/**
 * Sessions that are put in one write, and how many writes an index that is begun anew is made of at most: each of them
 * touches about all of its pages.
 */
const BATCH = 250;
const MOST_WRITES = 20;

/** A session that was read, and the identity that the table had for it before. */
interface Read extends Changed {
  readonly tries: number;
  readonly before: string | undefined;
  readonly found: Scanned;
}

/**
 * Brings the summaries up to the disk: by the saves of this process, by what the kernel tells, or by comparing every
 * file. What differs is read again, and only that.
 */
export class SummaryFollower {
  readonly #context: FileContext;
  readonly #onThisMachine: boolean;
  readonly #progress: (done: number, total: number) => void;
  readonly #closing: AbortSignal;
  readonly #saves = new OwnSaves();
  readonly #unreadable = new Map<SessionId, Unreadable>();
  #watch: DirectoryWatch | undefined;
  /** The table for which everything was compared; the kernel has told of each change since. */
  #compared: SummaryTable | undefined;

  /**
   * @param onThisMachine the disk is this machine's, so that the kernel tells what changes.
   * @param closing ends what is under way; its reason is thrown.
   */
  constructor(
    context: FileContext,
    onThisMachine: boolean,
    progress: (done: number, total: number) => void,
    closing: AbortSignal,
  ) {
    this.#context = context;
    this.#onThisMachine = onThisMachine;
    this.#progress = progress;
    this.#closing = closing;
  }

  /** Takes note of an own save, or with `undefined` that a session must be read again; costs next to nothing. */
  noteSave(id: SessionId, save: OwnSave | undefined): void {
    this.#saves.note(id, save);
  }

  /** Takes note that a session was read: a listing must not be older than that. Costs next to nothing. */
  noteRead(id: SessionId): void {
    this.#watch?.look(id);
  }

  /** How many own saves are not in the summaries. */
  get unput(): number {
    return this.#saves.size;
  }

  /** Own saves become summaries without the sessions being read. The caller is writing to the table. */
  putSaves(summaries: SummaryTable): void {
    this.#saves.putInto(summaries, this.#context);
  }

  /** Leaves what this process saved to the next listing. */
  forgetSaves(): void {
    this.#saves.forget();
  }

  /** The changes that the kernel tells of, for as long as the store is open; `undefined` where it does not. */
  watch(): DirectoryWatch | undefined {
    if (this.#watch?.isGood === false) {
      this.#watch.close();
      this.#watch = undefined;
      this.#compared = undefined;
    }
    if (this.#onThisMachine && !this.#closing.aborted)
      this.#watch ??= DirectoryWatch.open(this.#context.paths.root);
    return this.#watch;
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#compared = undefined;
    this.#saves.forget();
    this.#unreadable.clear();
  }

  /** The sessions that have to be read to bring the table up to the disk, own saves apart. */
  async changes(database: DatabaseSync, summaries: SummaryTable): Promise<readonly Changed[]> {
    const watch = this.watch();
    const told = watch === undefined ? "all" : await watch.drain();
    const isAll = told === "all" || this.#compared !== summaries;
    // What was drained is lost with an error: then everything is compared the next time.
    this.#compared = undefined;
    if (this.#saves.size > 0) await writing(database, () => this.putSaves(summaries));
    const changed = isAll
      ? await compareAll(this.#context, summaries, this.#closing)
      : compareSome(this.#context, summaries, told);
    const ids = new Set(changed.map(({ id }) => id));
    const unsettled = summaries.unsettled().filter((id) => !ids.has(id));
    const identity = (id: SessionId): string => settledIdentity(this.#context, id);
    return [...changed, ...unsettled.map((id) => ({ id, identity: identity(id), before: UNSETTLED }))];
  }

  /** Reads the sessions that `changes` named and puts them into the table, which then is up to the disk. */
  async takeIn(database: DatabaseSync, summaries: SummaryTable, changed: readonly Changed[]): Promise<void> {
    const total = changed.length;
    if (total >= WORTH_TELLING) keepMuch(database);
    const write = new Writing(database);
    let left: (Changed & { readonly tries: number })[] = changed.map((one) => ({ ...one, tries: 0 }));
    let done = 0;
    const slice = new TimeSlice();
    const batch = Math.max(BATCH, Math.ceil(total / MOST_WRITES));
    while (left.length > 0) {
      const again: typeof left = [];
      for (let index = 0; index < left.length; index += batch) {
        const read: Read[] = [];
        for (const one of left.slice(index, index + batch)) {
          if (slice.isOver) {
            await slice.next();
            this.#closing.throwIfAborted();
          }
          read.push({ ...one, found: await lookAt(this.#context, one.id) });
        }
        await write.run(async () => {
          for (const one of read) {
            await write.breathe();
            if (!this.#put(summaries, one)) again.push(...this.#again(summaries, one));
          }
        });
        done += read.length;
        if (total >= WORTH_TELLING) this.#progress(Math.min(done, total), total);
      }
      left = again;
    }
    this.#compared = summaries;
  }

  /**
   * Puts what was read. It may be newer than its identity: then the next listing reads it again. It is never older than
   * what another process has put: that shows in the row, and then nothing is put.
   * @returns whether it was put.
   */
  #put(summaries: SummaryTable, { id, identity, before, tries, found }: Read): boolean {
    const entry = "unreadable" in found ? "unreadable" : found;
    // Another runtime, which has the same index, can read it.
    const isOfRuntime = "unreadable" in found && found.unreadable.error.code === "ZSTD_MISSING";
    if (tries >= TRIES || isOfRuntime) summaries.put(id, UNSETTLED, entry);
    else if (identity === NO_FILES) {
      if (!summaries.deleteThat(before, id)) return false;
    } else if (!summaries.putOver(before, id, identity, entry)) return false;
    if ("unreadable" in found) this.#unreadable.set(id, found.unreadable);
    else this.#unreadable.delete(id);
    return true;
  }

  /** The session, when it has to be read again: another process has put it, but the files are others by now. */
  #again(summaries: SummaryTable, { id, tries }: Read): (Changed & { readonly tries: number })[] {
    const before = summaries.identityOf(id);
    const identity = settledIdentity(this.#context, id);
    return identity === before && identity !== UNSETTLED ? [] : [{ id, identity, before, tries: tries + 1 }];
  }

  /** Why those sessions cannot be read; those that can be by now are left out. */
  async unreadable(ids: readonly SessionId[]): Promise<Unreadable[]> {
    const all: Unreadable[] = [];
    for (const id of ids) {
      let known = this.#unreadable.get(id);
      if (known === undefined) {
        const found = await lookAt(this.#context, id);
        this.#closing.throwIfAborted();
        if (!("unreadable" in found)) continue;
        known = found.unreadable;
        this.#unreadable.set(id, known);
      }
      all.push(known);
    }
    return all;
  }
}
