import type { Step } from "../../../src/engine/file/disk/disk.ts";
import { CLOCK_STEPS, type Clock } from "./clock.ts";
import type { Random } from "./random.ts";
import { systemError, type SimDisk } from "./sim-disk.ts";

/** What a process that was killed, or lost its power, meets in the middle of a call. Nobody sees what comes of it. */
export class PowerCut extends Error {}

/** A process of the simulation: alive until it is killed or the power goes. */
export interface Life {
  readonly name: string;
  alive: boolean;
  /** A sync failed and gave up what it could not write: nobody but this process knows. */
  hasLost: boolean;
  readonly clock: Clock;
}

interface Waiting {
  readonly life: Life;
  readonly go: () => void;
}

/** What the world does to the processes in it, besides letting them run in any order. */
export interface Troubles {
  /** The power goes before this change of the disk. */
  readonly cutBefore: number;
  /** A process is killed before these changes. */
  readonly killBefore: ReadonlySet<number>;
  /** Calls that fail, by the number of the change. */
  readonly failing: ReadonlyMap<number, string>;
  /** How often a write takes a part only. */
  readonly shortWrites: number;
  /** Every lock is given to whoever asks. */
  readonly lyingLocks: boolean;
  /** Calls that change nothing and fail, by their number. */
  readonly failingReads: ReadonlyMap<number, string>;
  /** How often letting go of a lock fails. */
  readonly failingUnlocks: number;
  /** Before how many of the turns all lock files are removed. */
  readonly removedLocks: number;
  /** Before how many of the turns a clock is set. */
  readonly clockSteps: number;
}

export const NO_CUT: Troubles = {
  cutBefore: Infinity,
  killBefore: new Set(),
  failing: new Map(),
  shortWrites: 0,
  lyingLocks: false,
  failingReads: new Map(),
  failingUnlocks: 0,
  removedLocks: 0,
  clockSteps: 0,
};

/** For a single process that needs no scheduler. */
export const NO_TROUBLES: Troubles = { ...NO_CUT };

interface Lock {
  owner: Life;
  readonly line: { readonly life: Life; readonly give: () => void }[];
}

const MOST_TURNS = 3000;
const MOST_IDLE = 2000;

/** One disk, the processes on it, and who comes next. Everything random is drawn from one seed. */
export class World {
  readonly disk: SimDisk;
  readonly random: Random;
  readonly troubles: Troubles;
  readonly log: ((line: string) => void) | undefined;
  /** Changes of the disk so far. */
  changes = 0;
  /** Calls so far that change nothing. */
  reads = 0;
  readonly steps: Step[] = [];
  isCut = false;
  /** Which of those who wait goes on; at random unless something else decides. */
  choose: (waiting: readonly Life[]) => number = (waiting) => this.random.below(waiting.length);
  /** Called when what follows from a turn has happened. */
  afterTurn: (() => void) | undefined;
  readonly #waiting: Waiting[] = [];
  readonly #locks = new Map<string, Lock>();
  /** Locks whose file is gone. */
  readonly #orphans: (readonly [path: string, lock: Lock])[] = [];
  readonly #lives: Life[] = [];

  readonly #isAlone: boolean;

  constructor(disk: SimDisk, random: Random, troubles: Troubles, log?: (line: string) => void) {
    this.#isAlone = troubles === NO_TROUBLES;
    this.disk = disk;
    this.random = random;
    this.troubles = troubles;
    this.log = log;
  }

  /** A new process. */
  begin(name: string): Life {
    const life = { name, alive: true, hasLost: false, clock: { offset: 0 } };
    this.#lives.push(life);
    return life;
  }

  /** Waits until the scheduler lets this process go on; for ever when it dies first. */
  turn(life: Life): Promise<void> {
    if (this.#isAlone) return Promise.resolve();
    return new Promise((resolve) => {
      if (life.alive && !this.isCut) this.#waiting.push({ life, go: resolve });
    });
  }

  /** Called before each change of the disk; the power may go here, the process die, or the call fail. */
  beforeChange(life: Life, step: Step, what: string): void {
    this.assertAlive(life);
    this.changes++;
    this.steps.push(step);
    if (this.changes === this.troubles.cutBefore) {
      this.log?.(`   ${this.changes} POWER CUT before ${life.name} ${step} ${what}`);
      this.isCut = true;
      throw new PowerCut();
    }
    // Whoever goes on with a file of which a sync failed in a process that died cannot know: that is not simulated.
    if (this.troubles.killBefore.has(this.changes) && !life.hasLost) {
      this.log?.(`   ${this.changes} KILL of ${life.name} before ${step} ${what}`);
      this.kill(life);
      throw new PowerCut();
    }
    const code = this.troubles.failing.get(this.changes);
    this.log?.(
      `   ${this.changes} ${life.name} ${step} ${what}${code === undefined ? "" : ` fails: ${code}`}`,
    );
    if (code !== undefined) throw systemError(code, what);
  }

  /** Called before each call that changes nothing; it may fail. */
  beforeRead(life: Life, what: string): void {
    this.assertAlive(life);
    const code = this.troubles.failingReads.get(++this.reads);
    if (code === undefined) return;
    this.log?.(`   read ${this.reads} ${life.name} ${what} fails: ${code}`);
    throw systemError(code, what);
  }

  /**
   * The call that failed just now is the only one in a row. Where the next ones fail as well, so that the engine can
   * neither copy the file nor cut it, what a failed sync gave up cannot be saved: that is not simulated.
   */
  get isSingleFault(): boolean {
    const { failing } = this.troubles;
    return !failing.has(this.changes - 1) && !failing.has(this.changes + 1);
  }

  assertAlive(life: Life): void {
    if (!life.alive || this.isCut) throw new PowerCut();
  }

  /** The process ends here and now; the kernel frees its locks. */
  kill(life: Life): void {
    life.alive = false;
    for (const [path, lock] of [...this.#locks, ...this.#orphans]) {
      const line = lock.line.filter((one) => one.life !== life);
      lock.line.splice(0, lock.line.length, ...line);
      if (lock.owner === life) this.#pass(path, lock);
    }
  }

  /** Takes a lock that nobody has. */
  tryLock(life: Life, path: string): (() => void) | undefined {
    if (this.troubles.lyingLocks) return () => undefined;
    if (this.#locks.has(path)) return undefined;
    const lock: Lock = { owner: life, line: [] };
    this.#locks.set(path, lock);
    return () => this.#unlock(life, path, lock);
  }

  lock(life: Life, path: string): Promise<() => void> {
    return new Promise((resolve) => {
      const lock = this.#locks.get(path);
      lock?.line.push({ life, give: () => resolve(() => this.#unlock(life, path, lock)) });
    });
  }

  #unlock(life: Life, path: string, lock: Lock): void {
    if (!life.alive || this.isCut) return;
    this.#pass(path, lock);
    if (!this.random.chance(this.troubles.failingUnlocks)) return;
    this.log?.(`   ${life.name} unlock ${path} fails: EIO`);
    throw systemError("EIO", `unlock ${path}`);
  }

  #pass(path: string, lock: Lock): void {
    const next = lock.line.shift();
    if (next !== undefined) {
      lock.owner = next.life;
      next.give();
    } else if (this.#locks.get(path) === lock) this.#locks.delete(path);
  }

  /** Whoever has a lock, or waits for one, goes on with a file that has no name any more. */
  #removeLockFiles(): void {
    if (this.#locks.size > 0) this.log?.("   lock files are removed");
    this.#orphans.push(...this.#locks);
    this.#locks.clear();
  }

  /** Sets the clock of one process, or the machine's and so that of all. */
  #setClock(): void {
    const step = this.random.pick(CLOCK_STEPS);
    const lives = this.#lives.filter(({ alive }) => alive);
    const one = this.random.chance(0.5) ? this.random.pick(lives) : undefined;
    this.log?.(`   the clock of ${one?.name ?? "the machine"} is set by ${step / 1000} s`);
    for (const { clock } of one === undefined ? lives : [one]) clock.offset += step;
    if (one === undefined) this.disk.clock += step;
  }

  /**
   * Lets the processes go on, one call at a time in random order, until `done` says so, the power goes, or nobody has
   * anything to do any more.
   * @returns `stuck` when somebody waits for what will never come.
   */
  async run(done: () => boolean): Promise<"done" | "cut" | "stuck"> {
    let idle = 0;
    for (let turns = 0; ; turns++) {
      // Whoever does nothing but read never comes to the change that the cut waits for.
      if (turns === MOST_TURNS) this.isCut = true;
      // Everything that follows from the last call happens before the next one.
      await new Promise((resolve) => setImmediate(resolve));
      this.afterTurn?.();
      if (this.isCut) return "cut";
      if (done()) return "done";
      const living = this.#waiting.filter(({ life }) => life.alive);
      this.#waiting.splice(0, this.#waiting.length, ...living);
      if (living.length === 0) {
        // A module that is imported when it is first needed takes real time.
        if (++idle > MOST_IDLE) return "stuck";
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      idle = 0;
      if (this.random.chance(this.troubles.removedLocks)) this.#removeLockFiles();
      if (this.random.chance(this.troubles.clockSteps)) this.#setClock();
      const chosen = this.choose(this.#waiting.map(({ life }) => life));
      const [next] = this.#waiting.splice(chosen, 1);
      next?.go();
    }
  }
}
