import { statSync, watch, type FSWatcher } from "node:fs";
import { longestQueue, tellsOfAll } from "../../../../notifications.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { sessionOfFile } from "../../disk/session-paths.ts";

/** Which sessions' files changed; `all` when some of it may have been missed. */
export type Changes = ReadonlySet<SessionId> | "all";

/** Changes of this many sessions are kept until someone asks; after more, everything is compared. */
const MOST_KEPT = 10_000;

/**
 * The kernel's word on what changes in a store's directory. On Linux it is there, in the queue, when the call that
 * changed something returns, whichever process made it; other systems tell later and are not relied on. What a call
 * that has not returned has written may be seen without it.
 */
export class DirectoryWatch {
  readonly #path: string;
  readonly #inode: bigint;
  readonly #watcher: FSWatcher;
  readonly #listeners = new Set<(id: SessionId | undefined) => void>();
  readonly #most: number;
  #changed = new Set<SessionId>();
  #missed = true;
  #failed = false;
  /** Events of this turn of the event loop: the queue that they come from is bounded. */
  #burst = 0;

  private constructor(path: string, inode: bigint, watcher: FSWatcher) {
    this.#path = path;
    this.#inode = inode;
    this.#watcher = watcher;
    this.#most = longestQueue() / 2;
    watcher.on("change", (_event, name) => this.#note(String(name)));
    watcher.on("error", () => (this.#failed = true));
  }

  /** `undefined` where the kernel or the runtime cannot be relied on, or there is no watch left. */
  static open(path: string): DirectoryWatch | undefined {
    try {
      if (!tellsOfAll(path)) return undefined;
      const watcher = watch(path, { persistent: false });
      return new DirectoryWatch(path, statSync(path, { bigint: true }).ino, watcher);
    } catch {
      return undefined;
    }
  }

  /** False when the directory is no longer the one that is watched. */
  get isGood(): boolean {
    return (
      !this.#failed && statSync(this.#path, { bigint: true, throwIfNoEntry: false })?.ino === this.#inode
    );
  }

  /**
   * What changed since the last call; the first time, `all`. Everything that any process changed before this call is
   * in it.
   */
  async drain(): Promise<Changes> {
    // The queue is read when the event loop polls; behind the first of these the loop may be past that point.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const changes = this.#missed ? "all" : this.#changed;
    this.#changed = new Set();
    this.#missed = false;
    return changes;
  }

  /**
   * Counts a session among the changed. For what was read: a reader sees what a writer's call has written before that
   * call has returned, and the kernel tells of it when it does.
   */
  look(id: SessionId): void {
    // Whoever never asks does not have to be told each.
    if (this.#changed.size >= MOST_KEPT) {
      this.#missed = true;
      this.#changed.clear();
    }
    if (!this.#missed) this.#changed.add(id);
  }

  /** Calls `listener` for each change: with the session, or `undefined` when some may have been missed. */
  listen(listener: (id: SessionId | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#watcher.close();
  }

  #note(name: string): void {
    if (this.#burst++ === 0) setImmediate(() => (this.#burst = 0)).unref();
    if (this.#burst > this.#most) {
      if (!this.#missed) this.#tell(undefined);
      this.#missed = true;
      return;
    }
    const id = sessionOfFile(name);
    if (id === undefined) return;
    this.look(id);
    this.#tell(id);
  }

  #tell(id: SessionId | undefined): void {
    for (const listener of this.#listeners) listener(id);
  }
}
