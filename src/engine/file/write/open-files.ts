import type { Disk } from "../disk/disk.ts";

/** Sessions that are written at the same time; others wait for their turn. Each holds a journal and a lock. */
const MOST_BUSY = 32;
/** How often a call is tried again that found too many files open, and how long apart in milliseconds. */
const TRIES = 100;
const PAUSE = 20;

const TOO_MANY = new Set(["EMFILE", "ENFILE"]);

/** Bounds the files that are open at once, and makes room where the system has less to give. */
export class OpenFiles {
  readonly #disk: Disk;
  readonly #letGo: () => void;
  #most = MOST_BUSY;
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param letGo closes the files of sessions that are open and do nothing. */
  constructor(disk: Disk, letGo: () => void) {
    this.#disk = disk;
    this.#letGo = letGo;
  }

  /** Takes a place among those that are busy, at once where there is one. */
  enter(): Promise<void> | undefined {
    if (this.#busy < this.#most) {
      this.#busy++;
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  leave(): void {
    const next = this.#busy <= this.#most ? this.#waiting.shift() : undefined;
    if (next === undefined) this.#busy--;
    else next();
  }

  /** Runs what opens files; where there are too many, others are closed first. */
  async patiently<T>(work: () => T | Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!isTooMany(error) || attempt >= TRIES) throw error;
        this.#most = Math.max(1, Math.min(this.#most, this.#busy - 1));
        this.#letGo();
        this.#disk.closeIdle?.();
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }
}

/** Whether the system, or this process, has too many files open. */
export function isTooMany(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: string; cause?: { code?: string } };
  return TOO_MANY.has(code ?? "") || TOO_MANY.has(cause?.code ?? "");
}
