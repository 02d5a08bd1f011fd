import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { placesFromEnd, placesOfRange, type BackwardRange } from "./backward-places.ts";
import type { MessagePlaces } from "./message-places.ts";
import { readPlaceBackward, readPlaces, type PlaceSource } from "./place-reader.ts";
import type { SessionTail } from "../session-tail.ts";

/** The messages of one revision, as JSON texts that stand in open files. */
export interface MessageTexts {
  readonly count: number;
  /**
   * The messages `start` to `end`, in batches; with `reverse` the last one first.
   * @throws {UnusualJournal | DamagedCheckpoint} when reading the session forward tells better.
   */
  read(start: number, end: number, reverse: boolean): AsyncGenerator<Buffer[]>;
}

/** Texts whose places are known. */
export function textsOfPlaces(source: PlaceSource, places: MessagePlaces): MessageTexts {
  return {
    count: places.count,
    async *read(start, end, reverse) {
      const range = places.slice(start, end);
      if (!reverse) yield* readPlaces(source, range);
      else for (const place of range.toReversed()) yield* readPlaceBackward(source, place);
    },
  };
}

/**
 * Texts that are looked for from a session's end: what is read of the journal is as much as was written since the first
 * of them.
 * @param checkpoint the tail's document, open, where it is ours; without it only the journal is read.
 */
export function textsFromTail(tail: SessionTail, checkpoint: Checkpoint | undefined): MessageTexts {
  const { journal, scan, messageCount } = tail;
  const source = { journal, checkpoint };
  const range: BackwardRange = {
    journal,
    end: { ...scan.position, offset: scan.end },
    begin: checkpoint === undefined ? journal.begin : beginOf(checkpoint),
    beginCount: checkpoint?.header.messageCount ?? 0,
  };
  return {
    count: messageCount,
    async *read(start, end, reverse) {
      if (reverse)
        for await (const place of placesFromEnd(range, start, end)) yield* readPlaceBackward(source, place);
      else yield* readPlaces(source, await placesOfRange(range, start, end));
    },
  };
}

function beginOf({ header }: Checkpoint): BackwardRange["begin"] {
  const { journalOffset, life, revision, journalChecksum } = header;
  return { offset: journalOffset, life, revision, checksum: journalChecksum };
}
