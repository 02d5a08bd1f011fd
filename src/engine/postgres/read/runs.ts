/**
 * Which slots hold a session's messages, in order: `[first, past, first, past, …]`, each pair a stretch of slots.
 */
export type Runs = readonly number[];

/** Reads `1,5,7,9`. */
export function parseRuns(text: string): Runs {
  return text === "" ? [] : text.split(",").map(Number);
}

/** The slots of positions `start` up to but not including `end`. */
export function sliceRuns(runs: Runs, start: number, end: number): Runs {
  const slice: number[] = [];
  let position = 0;
  for (let index = 0; index < runs.length; index += 2) {
    const first = runs[index] ?? 0;
    const length = (runs[index + 1] ?? 0) - first;
    const from = Math.max(start - position, 0);
    const to = Math.min(end - position, length);
    if (from < to) push(slice, first + from, first + to);
    position += length;
  }
  return slice;
}

/** The runs after a splice whose messages stand in the slots `inserted`. */
export function spliceRuns(runs: Runs, start: number, deleteCount: number, inserted: Runs): Runs {
  return joinRuns([sliceRuns(runs, 0, start), inserted, sliceRuns(runs, start + deleteCount, Infinity)]);
}

/** One behind the other. */
export function joinRuns(all: readonly Runs[]): Runs {
  const joined: number[] = [];
  for (const runs of all)
    for (let index = 0; index < runs.length; index += 2) push(joined, runs[index] ?? 0, runs[index + 1] ?? 0);
  return joined;
}

/** The slots before `past` that are in none of the runs, in ascending order. */
export function gapsOf(runs: Runs, past: number): Runs {
  const stretches: [number, number][] = [];
  for (let index = 0; index < runs.length; index += 2)
    stretches.push([runs[index] ?? 0, runs[index + 1] ?? 0]);
  stretches.sort(([one], [other]) => one - other);
  const gaps: number[] = [];
  let next = 0;
  for (const [first, end] of stretches) {
    push(gaps, next, Math.min(first, past));
    next = end;
  }
  push(gaps, next, past);
  return gaps;
}

/** How many messages the runs hold. */
export function lengthOfRuns(runs: Runs): number {
  let length = 0;
  for (let index = 0; index < runs.length; index += 2) length += (runs[index + 1] ?? 0) - (runs[index] ?? 0);
  return length;
}

/** Where a slot stands in the session; -1 when it is not part of it. */
export function positionOfSlot(runs: Runs, slot: number): number {
  let position = 0;
  for (let index = 0; index < runs.length; index += 2) {
    const first = runs[index] ?? 0;
    const past = runs[index + 1] ?? 0;
    if (slot >= first && slot < past) return position + slot - first;
    position += past - first;
  }
  return -1;
}

function push(runs: number[], first: number, past: number): void {
  if (first >= past) return;
  if (runs.length > 0 && runs.at(-1) === first) runs[runs.length - 1] = past;
  else runs.push(first, past);
}
