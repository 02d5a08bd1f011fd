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

/** The runs after a splice whose messages went to the slots from `slot` on. */
export function spliceRuns(
  runs: Runs,
  start: number,
  deleteCount: number,
  slot: number,
  inserted: number,
): Runs {
  const next = [...sliceRuns(runs, 0, start)];
  if (inserted > 0) push(next, slot, slot + inserted);
  const rest = sliceRuns(runs, start + deleteCount, Infinity);
  for (let index = 0; index < rest.length; index += 2) push(next, rest[index] ?? 0, rest[index + 1] ?? 0);
  return next;
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
  if (runs.length > 0 && runs.at(-1) === first) runs[runs.length - 1] = past;
  else runs.push(first, past);
}
