import { LockedError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Unlock } from "./disk.ts";
import type { FileContext } from "./file-context.ts";

/** The lock of one session, which whoever writes it holds, in any process. */
export class SessionLock {
  readonly #context: FileContext;
  readonly #id: SessionId;
  readonly #path: string;
  readonly #patience: number;

  constructor(context: FileContext, id: SessionId, patience: number) {
    this.#context = context;
    this.#id = id;
    this.#path = context.paths.lock(id);
    this.#patience = patience;
  }

  /**
   * Takes the lock, at once where it is free. The store's directories are made before the first write, and again when
   * they have vanished.
   * @throws {LockedError} after the patience.
   */
  take(): Unlock | Promise<Unlock> {
    const { disk, paths, directory } = this.#context;
    if (!directory.isReady) return directory.ensure().then(() => this.take());
    const begun = performance.now();
    let locked: ReturnType<typeof disk.lock>;
    try {
      locked = disk.lock(this.#path, this.#patience);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || disk.stat(paths.locks) !== undefined)
        throw error;
      directory.forget();
      return directory.ensure().then(() => this.take());
    }
    if (typeof locked === "function") return locked;
    return locked.then((unlock) => {
      if (unlock === undefined) throw new LockedError(this.#id, performance.now() - begun);
      return unlock;
    });
  }
}
