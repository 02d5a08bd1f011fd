import type { DiskFile, FileStat, Step } from "./disk.ts";

/** A file up to this many bytes is read as fast at once as by its end alone. */
const SMALL = 64 << 10;

/** `file` as it is now, read at once when it is small: whoever looks at several places of it asks the system once. */
export function inMemory(file: DiskFile): DiskFile {
  const stat = file.stat();
  if (stat.size > SMALL) return file;
  const bytes = Buffer.allocUnsafe(stat.size);
  return new FileInMemory(file, stat, bytes.subarray(0, file.readNow(bytes, 0)));
}

/** Whether reading `file` again gives the same. */
export function isInMemory(file: DiskFile): boolean {
  return file instanceof FileInMemory;
}

/** Reads what was there when it was made; everything else is the file's. */
class FileInMemory implements DiskFile {
  readonly #file: DiskFile;
  readonly #stat: FileStat;
  readonly #bytes: Buffer;

  constructor(file: DiskFile, stat: FileStat, bytes: Buffer) {
    this.#file = file;
    this.#stat = stat;
    this.#bytes = bytes;
  }

  get path(): string {
    return this.#file.path;
  }

  stat(): FileStat {
    return this.#stat;
  }

  readNow(target: Uint8Array, position: number): number {
    return this.#bytes.copy(target, 0, position, position + target.length);
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return Promise.resolve(this.readNow(target, position));
  }

  appendNow(bytes: Uint8Array, step: Step): number {
    return this.#file.appendNow(bytes, step);
  }

  append(bytes: Uint8Array, step: Step): Promise<number> {
    return this.#file.append(bytes, step);
  }

  overwrite(bytes: Uint8Array, position: number, step: Step): void {
    this.#file.overwrite(bytes, position, step);
  }

  truncate(size: number, step: Step): void {
    this.#file.truncate(size, step);
  }

  sync(step: Step): Promise<void> {
    return this.#file.sync(step);
  }

  close(): void {
    this.#file.close();
  }
}
