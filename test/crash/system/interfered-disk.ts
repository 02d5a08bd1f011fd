import type { Disk, DiskFile, FileStat, Step, Unlock } from "../../../src/engine/file/disk/disk.ts";
import { RealDisk } from "../../../src/engine/file/disk/real-disk.ts";

/** What is to happen at a step. */
export interface Interference {
  /** Steps that are left out though they are reported as done: the must-fail controls. */
  readonly leftOut: ReadonlySet<string>;
  /** A sync that fails is tried again on the same file and then believed: a control, too. */
  readonly syncsAgain: boolean;
  /** Called before each step that is carried out. */
  readonly before: (step: Step) => void;
}

/** The real disk, with steps left out or held up. */
export class InterferedDisk implements Disk {
  readonly #disk: Disk = new RealDisk();
  readonly #interference: Interference;

  constructor(interference: Interference) {
    this.#interference = interference;
  }

  stat(path: string): FileStat | undefined {
    return this.#disk.stat(path);
  }

  openToRead(path: string): DiskFile | undefined {
    return this.#disk.openToRead(path);
  }

  list(path: string): string[] | undefined {
    return this.#disk.list(path);
  }

  lock(path: string, patience: number): Unlock | Promise<Unlock | undefined> {
    return this.#disk.lock(path, patience);
  }

  openToAppend(path: string): DiskFile | undefined {
    const file = this.#disk.openToAppend(path);
    return file && new InterferedFile(file, this.#interference);
  }

  create(path: string, step: Step): DiskFile {
    this.#interference.before(step);
    return new InterferedFile(this.#disk.create(path, step), this.#interference);
  }

  makeDirectory(path: string, step: Step): boolean {
    this.#interference.before(step);
    return this.#disk.makeDirectory(path, step);
  }

  async publish(from: string, to: string, step: Step): Promise<boolean> {
    this.#interference.before(step);
    return await this.#disk.publish(from, to, step);
  }

  async rename(from: string, to: string, step: Step): Promise<void> {
    this.#interference.before(step);
    await this.#disk.rename(from, to, step);
  }

  async remove(path: string, step: Step): Promise<void> {
    this.#interference.before(step);
    await this.#disk.remove(path, step);
  }

  async syncDirectory(path: string, step: Step): Promise<void> {
    if (this.#interference.leftOut.has(step)) return;
    this.#interference.before(step);
    await this.#disk.syncDirectory(path, step);
  }
}

class InterferedFile implements DiskFile {
  readonly path: string;
  readonly #file: DiskFile;
  readonly #interference: Interference;

  constructor(file: DiskFile, interference: Interference) {
    this.path = file.path;
    this.#file = file;
    this.#interference = interference;
  }

  stat(): FileStat {
    return this.#file.stat();
  }

  readNow(target: Uint8Array, position: number): number {
    return this.#file.readNow(target, position);
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#file.read(target, position);
  }

  appendNow(bytes: Uint8Array, step: Step): number {
    this.#interference.before(step);
    return this.#file.appendNow(bytes, step);
  }

  append(bytes: Uint8Array, step: Step): Promise<number> {
    this.#interference.before(step);
    return this.#file.append(bytes, step);
  }

  overwrite(bytes: Uint8Array, position: number, step: Step): void {
    this.#interference.before(step);
    this.#file.overwrite(bytes, position, step);
  }

  truncate(size: number, step: Step): void {
    this.#interference.before(step);
    this.#file.truncate(size, step);
  }

  async sync(step: Step): Promise<void> {
    if (this.#interference.leftOut.has(step)) return;
    this.#interference.before(step);
    try {
      await this.#file.sync(step);
    } catch (error) {
      if (!this.#interference.syncsAgain) throw error;
      await this.#file.sync(step);
    }
  }

  close(): void {
    this.#file.close();
  }
}
