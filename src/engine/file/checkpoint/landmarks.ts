import type { FileStat } from "../disk/disk.ts";
import type { Line } from "../disk/file-lines.ts";
import type { CheckpointHeader } from "./checkpoint-layout.ts";

/** The beginning of a message: how many stand before it, and where it stands in the file. */
export interface Landmark {
  readonly position: number;
  readonly offset: number;
}

/** Two landmarks are so many bytes apart at least: a gigabyte has four thousand of them. */
const APART = 256 << 10;

/**
 * Where some messages of a checkpoint begin, noted while it is read: who asks for messages in the middle of a large one
 * reads from the landmark before them, not from the beginning.
 */
export class Landmarks {
  readonly #marks: Landmark[];

  constructor(begin: Landmark, end: Landmark) {
    this.#marks = [begin, end];
  }

  /** The last one at or before a message. */
  before(position: number): Landmark {
    return this.#marks[this.#behind(position + 1) - 1] as Landmark;
  }

  /** The first one at or behind a message. */
  behind(position: number): Landmark {
    return this.#marks[this.#behind(position)] ?? (this.#marks.at(-1) as Landmark);
  }

  /** Takes note of lines that follow each other, the first of which is the message at `position`. */
  note(position: number, lines: readonly Line[]): void {
    for (const [index, { offset }] of lines.entries()) {
      const at = this.#behind(position + index);
      const isFar = offset - (this.#marks[at - 1]?.offset ?? 0) >= APART;
      if (isFar && (this.#marks[at]?.offset ?? 0) - offset >= APART)
        this.#marks.splice(at, 0, { position: position + index, offset });
    }
  }

  /** The index of the first landmark at or behind a message. */
  #behind(position: number): number {
    let [from, to] = [0, this.#marks.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#marks[middle] as Landmark).position < position) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Those of so many checkpoints are kept in a process. */
const KEPT = 8;
const known = new Map<string, Landmarks>();

/** The landmarks of a checkpoint as it is: of the same file with the same content. */
export function landmarksOf(
  { inode, size, modified }: FileStat,
  { id, messageCount, messagesAt, document }: CheckpointHeader,
  end: number,
): Landmarks {
  const key = JSON.stringify([id, String(inode), size, String(modified), document["checksum"] ?? null]);
  const found = known.get(key);
  const landmarks =
    found ?? new Landmarks({ position: 0, offset: messagesAt }, { position: messageCount, offset: end });
  // The one that was asked for last is forgotten last.
  known.delete(key);
  known.set(key, landmarks);
  if (known.size > KEPT) known.delete(known.keys().next().value as string);
  return landmarks;
}
