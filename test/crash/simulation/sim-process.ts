import type { Disk, DiskFile, FileStat, Step, Unlock } from "../../../src/engine/file/disk/disk.ts";
import type { SimNode } from "./sim-directory.ts";
import { systemError } from "./sim-disk.ts";
import type { SimFile } from "./sim-file.ts";
import { PowerCut, type Life, type World } from "./world.ts";

/** Who would wait for so long, in milliseconds, waits for as long as it takes. */
const PATIENT = 1000;

/** The disk as one process of the simulation has it. */
export class SimProcess implements Disk {
  readonly life: Life;
  readonly #world: World;

  constructor(world: World, name: string) {
    this.life = world.begin(name);
    this.#world = world;
  }

  stat(path: string): FileStat | undefined {
    this.#world.beforeRead(this.life, `stat ${path}`);
    const node = this.#world.disk.find(path);
    return node === undefined ? undefined : statOf(node);
  }

  openToRead(path: string): DiskFile | undefined {
    this.#world.beforeRead(this.life, `open ${path}`);
    return this.#open(path);
  }

  openToAppend(path: string): DiskFile | undefined {
    this.#world.beforeRead(this.life, `open ${path}`);
    return this.#open(path);
  }

  #open(path: string): DiskFile | undefined {
    const node = this.#world.disk.find(path);
    if (node === undefined) return undefined;
    if (node.kind === "directory") throw systemError("EISDIR", path);
    return new SimHandle(this.#world, this.life, path, node);
  }

  create(path: string, step: Step): DiskFile {
    this.#world.beforeChange(this.life, step, `create ${path}`);
    return new SimHandle(this.#world, this.life, path, this.#world.disk.createFile(path));
  }

  list(path: string): string[] | undefined {
    this.#world.beforeRead(this.life, `list ${path}`);
    const node = this.#world.disk.find(path);
    if (node === undefined) return undefined;
    if (node.kind === "file") throw systemError("ENOTDIR", path);
    return [...node.names.keys()];
  }

  makeDirectory(path: string, step: Step): boolean {
    this.#world.beforeChange(this.life, step, `mkdir ${path}`);
    return this.#world.disk.createDirectory(path);
  }

  async publish(from: string, to: string, step: Step): Promise<boolean> {
    await this.#turn(step, `link ${from} ${to}`);
    return this.#world.disk.link(from, to);
  }

  async rename(from: string, to: string, step: Step): Promise<void> {
    await this.#turn(step, `rename ${from} ${to}`);
    this.#world.disk.rename(from, to);
  }

  async remove(path: string, step: Step): Promise<void> {
    await this.#turn(step, `remove ${path}`);
    this.#world.disk.remove(path);
  }

  async syncDirectory(path: string, step: Step): Promise<void> {
    await this.#turn(step, `sync directory ${path}`);
    this.#world.disk.directory(path).synced();
  }

  lock(path: string, patience: number): Unlock | Promise<Unlock | undefined> {
    this.#world.beforeRead(this.life, `lock ${path}`);
    this.#world.disk.directory(path.slice(0, path.lastIndexOf("/")));
    // A lease's lock is looked for by its file; those of sessions nobody looks at.
    if (path.includes("/leases/") && this.#world.disk.find(path) === undefined)
      this.#world.disk.createFile(path);
    const unlock = this.#world.tryLock(this.life, path);
    if (unlock !== undefined) return unlock;
    return patience < PATIENT ? this.#lockSoon(path, patience) : this.#world.lock(this.life, path);
  }

  /** There is no time here: who waits a little lets the others have a turn or two. */
  async #lockSoon(path: string, patience: number): Promise<Unlock | undefined> {
    for (let turns = patience === 0 ? 0 : 2; turns > 0; turns--) {
      await this.#world.turn(this.life);
      const unlock = this.#world.tryLock(this.life, path);
      if (unlock !== undefined) return unlock;
    }
    return undefined;
  }

  async #turn(step: Step, what: string): Promise<void> {
    await this.#world.turn(this.life);
    await changeOrDie(this.#world, this.life, step, what);
  }
}

/** An asynchronous call of a process that dies never ends. */
export async function changeOrDie(world: World, life: Life, step: Step, what: string): Promise<void> {
  try {
    world.beforeChange(life, step, what);
  } catch (error) {
    if (error instanceof PowerCut) await new Promise(() => undefined);
    throw error;
  }
}

class SimHandle implements DiskFile {
  readonly path: string;
  readonly #world: World;
  readonly #life: Life;
  readonly #file: SimFile;
  #closed = false;

  constructor(world: World, life: Life, path: string, file: SimFile) {
    this.#world = world;
    this.#life = life;
    this.path = path;
    this.#file = file;
    file.handles++;
  }

  stat(): FileStat {
    this.#assertOpen();
    this.#world.beforeRead(this.#life, `stat of open ${this.path}`);
    return statOf(this.#file);
  }

  readNow(target: Uint8Array, position: number): number {
    this.#assertOpen();
    this.#world.beforeRead(this.#life, `read ${this.path} at ${position}`);
    return this.#file.read(target, position);
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    await this.#world.turn(this.#life);
    this.#assertOpen();
    this.#world.beforeRead(this.#life, `read ${this.path} at ${position}`);
    return this.#file.read(target, position);
  }

  appendNow(bytes: Uint8Array, step: Step): number {
    this.#assertOpen();
    const what = `append ${bytes.length} to ${this.path} at ${this.#file.size}`;
    try {
      this.#world.beforeChange(this.#life, step, what);
    } catch (error) {
      // A call that fails, and one that a death cuts short, may have written a part.
      const part = this.#world.isCut ? 0 : this.#world.random.below(bytes.length + 1);
      if (this.#world.random.chance(0.5)) this.#write(bytes.subarray(0, part));
      throw error;
    }
    return this.#write(this.#taken(bytes));
  }

  async append(bytes: Uint8Array, step: Step): Promise<number> {
    await this.#world.turn(this.#life);
    this.#assertOpen();
    await changeOrDie(
      this.#world,
      this.#life,
      step,
      `append ${bytes.length} to ${this.path} at ${this.#file.size}`,
    );
    return this.#write(this.#taken(bytes));
  }

  /** What of the bytes the system takes at once. */
  #taken(bytes: Uint8Array): Uint8Array {
    const { random, troubles } = this.#world;
    if (bytes.length < 2 || !random.chance(troubles.shortWrites)) return bytes;
    return bytes.subarray(0, 1 + random.below(bytes.length - 1));
  }

  #write(bytes: Uint8Array): number {
    if (bytes.length > 0) this.#file.write(this.#file.size, bytes);
    this.#world.disk.changed(this.#file);
    return bytes.length;
  }

  overwrite(bytes: Uint8Array, position: number, step: Step): void {
    this.#assertOpen();
    this.#world.beforeChange(this.#life, step, `overwrite ${bytes.length} of ${this.path} at ${position}`);
    this.#file.write(position, bytes);
    this.#world.disk.changed(this.#file);
  }

  truncate(size: number, step: Step): void {
    this.#assertOpen();
    this.#world.beforeChange(this.#life, step, `truncate ${this.path} to ${size}`);
    this.#file.truncate(size);
    this.#world.disk.changed(this.#file);
  }

  async sync(step: Step): Promise<void> {
    this.#assertOpen();
    // What is written while the sync is under way may or may not be part of it.
    const { version } = this.#file;
    await this.#world.turn(this.#life);
    try {
      await changeOrDie(this.#world, this.#life, step, `sync ${this.path}`);
    } catch (error) {
      // Some systems give up what they could not write and succeed the next time.
      if (this.#world.isSingleFault && this.#world.random.chance(0.7)) {
        this.#file.lose(version);
        this.#life.hasLost = true;
      }
      throw error;
    }
    this.#file.synced(version);
  }

  close(): void {
    if (this.#closed) throw systemError("EBADF", this.path);
    this.#closed = true;
    this.#world.disk.release(this.#file, "handles");
    // The descriptor is gone whatever the system says.
    if (this.#life.alive && !this.#world.isCut) this.#world.beforeRead(this.#life, `close ${this.path}`);
  }

  #assertOpen(): void {
    this.#world.assertAlive(this.#life);
    if (this.#closed) throw systemError("EBADF", this.path);
  }
}

function statOf(node: SimNode): FileStat {
  return { kind: node.kind, inode: node.inode, size: node.size, modified: node.modified };
}
