import { jsonText } from "../../../../session/json/json.ts";
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { Journal } from "../../journal/journal.ts";
import { decodeRecord } from "../../journal/record/decode-record.ts";
import type { CommitRecord } from "../../journal/record/record.ts";
import { messageSlices } from "../../journal/record/record-content.ts";
import type { JournalPlace, Place } from "./message-places.ts";

/** The open files that places point into. */
export interface PlaceSource {
  readonly checkpoint: Checkpoint | undefined;
  readonly journal: Journal | undefined;
}

/** Thrown when a file does not hold what its end, or another file, promised; reading it forward tells better. */
export class UnusualJournal extends Error {
  override readonly name = "UnusualJournal";
}

/**
 * The JSON texts of the messages in these places, in order, in batches. Memory is a chunk, or the longest line.
 * @throws {DamagedCheckpoint | UnusualJournal}
 */
export async function* readPlaces(source: PlaceSource, places: Iterable<Place>): AsyncGenerator<Buffer[]> {
  for (const place of places) {
    if (place.in === "checkpoint") yield* checkpointOf(source).texts(place.from, place.to);
    else if (place.in === "journal") yield* readJournalPlace(source, place);
    else yield place.messages.slice(place.from, place.to).map((message) => Buffer.from(jsonText(message)));
  }
}

/** The same of one place, the last message first. */
export async function* readPlaceBackward(source: PlaceSource, place: Place): AsyncGenerator<Buffer[]> {
  if (place.in === "checkpoint") {
    yield* checkpointOf(source).textsBackward(place.from, place.to);
    return;
  }
  const batches: Buffer[][] = [];
  for await (const batch of readPlaces(source, [place])) batches.push(batch.reverse());
  yield* batches.reverse();
}

function checkpointOf({ checkpoint }: PlaceSource): Checkpoint {
  if (checkpoint === undefined) throw new UnusualJournal("there is no checkpoint to read from");
  return checkpoint;
}

/** The messages of commits that follow each other; memory is the place, or the longest line. */
async function* readJournalPlace(
  { journal }: PlaceSource,
  { offset, length, from, to }: JournalPlace,
): AsyncGenerator<Buffer[]> {
  if (journal === undefined) throw new UnusualJournal("there is no journal to read from");
  let last: CommitRecord | undefined;
  let passed = 0;
  for await (const lines of journal.lines(offset, offset + length)) {
    const batch: Buffer[] = [];
    for (const { bytes, checksum } of lines) {
      const record = decodeRecord(bytes, checksum);
      if (record?.kind !== "commit") continue;
      if (last !== undefined && record.previous !== last.checksum) continue;
      last = record;
      const count = record.sizes.length;
      batch.push(...messageSlices(bytes, record, Math.max(from - passed, 0), Math.min(to - passed, count)));
      passed += count;
    }
    if (batch.length > 0) yield batch;
  }
  if (passed < to) throw new UnusualJournal(`messages behind byte ${offset} of the journal are missing`);
}
