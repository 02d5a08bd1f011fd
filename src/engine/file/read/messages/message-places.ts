import type { Message } from "../../../../session/message.ts";
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { AcceptedCommit } from "../../journal/follow-journal.ts";
import type { MessageList } from "./message-list.ts";

/** Where consecutive messages of a session stand. */
export type Place = CheckpointPlace | JournalPlace | MemoryPlace;

/** Lines of the checkpoint, by position. */
export interface CheckpointPlace {
  readonly in: "checkpoint";
  readonly from: number;
  readonly to: number;
}

/** Commits of the journal that follow each other: logical offset, length, and positions among all their messages. */
export interface JournalPlace {
  readonly in: "journal";
  readonly offset: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
  /** `to` is the last message of these commits. */
  readonly isWhole: boolean;
}

/** Messages of a document of someone else's that no commit holds yet. */
export interface MemoryPlace {
  readonly in: "memory";
  readonly messages: readonly Message[];
  readonly from: number;
  readonly to: number;
}

/** Commits that follow each other are joined to one place of up to this many bytes. */
const LONGEST_PLACE = 256 << 10;

/** A session's messages as places instead of content, so that their size does not matter. */
export class MessagePlaces implements MessageList {
  #places: Place[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  take({ header }: Checkpoint): Promise<void> {
    this.clear();
    this.#count = header.messageCount;
    if (this.#count > 0) this.#places.push({ in: "checkpoint", from: 0, to: this.#count });
    return Promise.resolve();
  }

  apply({ record, line, offset }: AcceptedCommit): undefined {
    if (record.splice === undefined) return;
    const [start, deleteCount] = record.splice;
    const to = record.sizes.length;
    const place = { in: "journal", offset, length: line.length + 1, from: 0, to, isWhole: true } as const;
    this.#splice(start, deleteCount, place);
  }

  insert(start: number, deleteCount: number, messages: readonly Message[]): void {
    this.#splice(start, deleteCount, { in: "memory", messages, from: 0, to: messages.length });
  }

  clear(): void {
    this.#places = [];
    this.#count = 0;
  }

  #splice(start: number, deleteCount: number, place: Place): void {
    if (start >= this.#count && deleteCount === 0) {
      const last = this.#places.at(-1);
      const joined = last === undefined ? undefined : joinPlaces(last, place);
      if (joined !== undefined) this.#places[this.#places.length - 1] = joined;
      else if (place.to > 0) this.#places.push(place);
    } else {
      const at = this.#splitAt(start);
      const behind = this.#splitAt(start + deleteCount);
      this.#places.splice(at, behind - at, ...(place.to > 0 ? [place] : []));
    }
    this.#count += place.to - deleteCount;
  }

  /** The places of the messages `from` to `to`, in order. */
  slice(from: number, to: number): readonly Place[] {
    if (from === 0 && to >= this.#count) return this.#places;
    if (from >= to) return [];
    return this.#places.slice(this.#splitAt(from), this.#splitAt(to));
  }

  /** The index of the place that begins at a position; it is made to begin there. */
  #splitAt(position: number): number {
    if (position >= this.#count) return this.#places.length;
    let passed = 0;
    for (let index = 0; index < this.#places.length; index++) {
      const place = this.#places[index] as Place;
      const size = place.to - place.from;
      if (passed === position) return index;
      if (passed + size > position) {
        const middle = place.from + position - passed;
        const before =
          place.in === "journal" ? { ...place, to: middle, isWhole: false } : { ...place, to: middle };
        this.#places.splice(index, 1, before, { ...place, from: middle });
        return index + 1;
      }
      passed += size;
    }
    return this.#places.length;
  }
}

/** One place instead of two neighbours, so that a long session of small commits takes few; `undefined` when it cannot be. */
export function joinPlaces(before: Place, behind: Place): Place | undefined {
  if (before.in !== "journal" || behind.in !== "journal" || !before.isWhole || behind.from !== 0)
    return undefined;
  const length = before.length + behind.length;
  if (before.offset + before.length !== behind.offset || length > LONGEST_PLACE) return undefined;
  // Positions count over the messages of all commits of a place.
  return { ...before, length, to: before.to + behind.to, isWhole: behind.isWhole };
}
