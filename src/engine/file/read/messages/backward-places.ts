import type { Journal } from "../../journal/journal.ts";
import type { JournalPosition } from "../../journal/follow-journal.ts";
import { decodeRecord } from "../../journal/record/decode-record.ts";
import type { CommitRecord } from "../../journal/record/record.ts";
import { joinPlaces, type Place } from "./message-places.ts";
import { UnusualJournal } from "./place-reader.ts";

/** The part of a journal that is read backward, between two records that are known. */
export interface BackwardRange {
  readonly journal: Journal;
  /** The last commit's place: where reading begins. */
  readonly end: JournalPosition;
  /** Where it ends: what the checkpoint covers, or where the session's life begins. */
  readonly begin: JournalPosition;
  /** Messages at `begin`, which stand in the checkpoint. */
  readonly beginCount: number;
}

/** Messages that are looked for: `count` of them from position `at`, as it was at the commit that was read last. */
interface Sought {
  readonly place: undefined;
  readonly at: number;
  readonly count: number;
}

interface Found {
  readonly place: Place;
}

/**
 * Where the messages `from` to `to` of a session stand, the last one first, from the journal's end backward: what is
 * read is as much as was written since the first of them. Each commit that is passed takes back its splice, so that
 * the positions which are still looked for are those of the commit before it.
 * @throws {UnusualJournal}
 */
export async function* placesFromEnd(range: BackwardRange, from: number, to: number): AsyncGenerator<Place> {
  // In the order of their messages; the last of them is looked at first.
  const slots: (Sought | Found)[] = to > from ? [{ place: undefined, at: from, count: to - from }] : [];
  for await (const { record, offset, length } of commitsBackward(range)) {
    if (slots.length === 0) return;
    if (record.splice !== undefined) resolve(slots, record, offset, length);
    for (let last = slots.at(-1); last?.place !== undefined; last = slots.at(-1)) {
      slots.pop();
      yield last.place;
    }
  }
  for (let last = slots.pop(); last !== undefined; last = slots.pop()) {
    if (last.place !== undefined) {
      yield last.place;
      continue;
    }
    if (last.at + last.count > range.beginCount) throw new UnusualJournal("positions beyond the checkpoint");
    yield { in: "checkpoint", from: last.at, to: last.at + last.count };
  }
}

/** All places of a range in the order of their messages, neighbours joined. @throws {UnusualJournal} */
export async function placesOfRange(range: BackwardRange, from: number, to: number): Promise<Place[]> {
  const places: Place[] = [];
  for await (const place of placesFromEnd(range, from, to)) {
    const behind = places.at(-1);
    const joined = behind === undefined ? undefined : joinPlaces(place, behind);
    if (joined === undefined) places.push(place);
    else places[places.length - 1] = joined;
  }
  return places.reverse();
}

/** Takes back one commit's splice. */
function resolve(slots: (Sought | Found)[], record: CommitRecord, offset: number, length: number): void {
  const [start, deleteCount] = record.splice ?? [0, 0];
  const inserted = record.sizes.length;
  for (let index = slots.length - 1; index >= 0; index--) {
    const slot = slots[index];
    if (slot === undefined || slot.place !== undefined) continue;
    const { at, count } = slot;
    const end = at + count;
    if (end <= start) return;
    const parts: (Sought | Found)[] = [];
    if (at < start) parts.push({ place: undefined, at, count: start - at });
    const from = Math.max(at - start, 0);
    const to = Math.min(end - start, inserted);
    if (to > from) {
      parts.push({ place: { in: "journal", offset, length, from, to, isWhole: to === inserted } });
    }
    const behind = Math.max(at, start + inserted);
    if (end > behind)
      parts.push({ place: undefined, at: behind - inserted + deleteCount, count: end - behind });
    slots.splice(index, 1, ...parts);
  }
}

/**
 * The accepted commits of a life from the last one back; what lost against another of its revision is passed over.
 * @throws {UnusualJournal}
 */
export async function* commitsBackward({
  journal,
  end,
  begin,
}: Omit<BackwardRange, "beginCount">): AsyncGenerator<{
  record: CommitRecord;
  offset: number;
  length: number;
}> {
  let { life, revision, checksum } = end;
  let offset = end.offset;
  let tornFrom = Infinity;
  const isAtBegin = (): boolean =>
    life === begin.life && revision === begin.revision && checksum === begin.checksum;
  for await (const lines of journal.linesBackward(begin.offset, end.offset)) {
    for (const line of lines) {
      offset -= line.length + 1;
      if (offset >= tornFrom || line.length === 0) continue;
      const record = decodeRecord(line);
      if (record?.kind === "torn" && record.to <= offset) tornFrom = Math.min(tornFrom, record.from);
      else if (record?.kind === "commit" && record.checksum === checksum) {
        yield { record, offset, length: line.length + 1 };
        checksum = record.previous;
        revision = record.revision - 1;
        ({ life } = record);
        // An earlier life lies before this one, and has nothing to do with it.
        if (revision === 0) return;
      } else if (record === undefined || (record.kind === "commit" && record.revision < revision)) {
        throw new UnusualJournal(`byte ${offset} of the journal`);
      }
    }
  }
  if (!isAtBegin()) throw new UnusualJournal("the chain of records");
}
