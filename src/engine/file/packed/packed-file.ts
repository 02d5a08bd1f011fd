import { ZstdMissingError } from "../../../session/errors/packed-errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { DiskFile, FileStat } from "../disk/disk.ts";
import { readFully } from "../disk/read-fully.ts";
import { salvagedContent } from "./frame.ts";
import { isPacked, readFrames, type Frame, type Frames } from "./seek-table.ts";
import { decompressFrame, hasZstd } from "./zstd.ts";

/** Frames whose content is kept: who reads on, forward or backward, is mostly in one or two, and a commit in some. */
const KEPT = 8;

/**
 * A packed journal, read as if it were the journal: any byte of it is had for the price of its frame, a megabyte. Each
 * frame is checked. Of a damaged one as much is handed out as can be read, and zeros for the rest, as a disk would of a
 * sector that it lost: the journal's own checksums tell what counts. It never changes; to write it, unpack it.
 */
export class PackedFile implements DiskFile {
  readonly #file: DiskFile;
  readonly #frames: Frames;
  readonly #onDisk: FileStat;
  /** Content by the number of its frame, the one that was read last at the end. */
  readonly #kept = new Map<number, Buffer>();
  readonly #damaged = new Set<number>();

  private constructor(file: DiskFile, frames: Frames) {
    this.#file = file;
    this.#frames = frames;
    this.#onDisk = file.stat();
  }

  /**
   * The journal that is packed in a file; `undefined` when none is.
   * @throws {ZstdMissingError | NewerFormatError}
   */
  static open(file: DiskFile, id: SessionId): PackedFile | undefined {
    if (!isPacked(file)) return undefined;
    if (!hasZstd()) throw new ZstdMissingError(id, "read");
    return new PackedFile(file, readFrames(file, id));
  }

  get path(): string {
    return this.#file.path;
  }

  /** Of the file as it stands on the disk. */
  get onDisk(): FileStat {
    return this.#onDisk;
  }

  /** What was found to be damaged so far, of the table and of frames that were read. */
  get damage(): string | undefined {
    const { damage } = this.#frames;
    if (damage !== undefined) return damage;
    const frames = [...this.#damaged].sort((left, right) => left - right).map((index) => index + 1);
    if (frames.length === 0) return undefined;
    const which = frames.length === 1 ? `frame ${frames[0]}` : `frames ${frames.join(", ")}`;
    return `${which} of ${this.#frames.frames.length} of the packed journal ${frames.length === 1 ? "is" : "are"} damaged`;
  }

  /** It is not known that this is all of the journal. */
  get mayBeCutShort(): boolean {
    return this.#frames.mayBeCutShort === true;
  }

  /** As the journal's own: its size is that of the journal. */
  stat(): FileStat {
    return { ...this.#onDisk, size: this.#frames.size };
  }

  readNow(target: Uint8Array, position: number): number {
    let done = 0;
    for (let index = this.#indexAt(position); done < target.length; index++) {
      const frame = this.#frames.frames[index];
      if (frame === undefined) break;
      const content = this.#kept.get(index) ?? this.#decoded(index, frame, this.#bytesNow(frame));
      done += content.copy(target, done, Math.max(position + done - frame.offset, 0));
    }
    return done;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    for (let index = this.#indexAt(position); done < target.length; index++) {
      const frame = this.#frames.frames[index];
      if (frame === undefined) break;
      const content = this.#kept.get(index) ?? this.#decoded(index, frame, await this.#bytes(frame));
      done += content.copy(target, done, Math.max(position + done - frame.offset, 0));
    }
    return done;
  }

  /** The number of the frame that holds a byte; behind the last one for a place behind the end. */
  #indexAt(position: number): number {
    const { frames, size } = this.#frames;
    if (position >= size) return frames.length;
    let [low, high] = [0, frames.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((frames[middle]?.offset ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #bytesNow({ at, length }: Frame): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count = this.#file.readNow(bytes.subarray(done), at + done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  }

  async #bytes({ at, length }: Frame): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, await readFully(this.#file, bytes, at));
  }

  #decoded(index: number, { size }: Frame, bytes: Buffer): Buffer {
    let content = decompressFrame(bytes, size);
    if (content === undefined) {
      this.#damaged.add(index);
      content = salvagedContent(bytes, size);
    }
    this.#kept.set(index, content);
    if (this.#kept.size > KEPT) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    return content;
  }

  appendNow(): number {
    return isReadOnly();
  }

  append(): Promise<number> {
    return isReadOnly();
  }

  overwrite(): void {
    isReadOnly();
  }

  truncate(): void {
    isReadOnly();
  }

  sync(step: Parameters<DiskFile["sync"]>[0]): Promise<void> {
    return this.#file.sync(step);
  }

  close(): void {
    this.#kept.clear();
    this.#file.close();
  }
}

function isReadOnly(): never {
  throw new Error("a packed journal is unpacked before it is written to");
}
