/** Below this many uncovered bytes a new checkpoint is not worth its sync while the session is being written. */
const LEAST_UNCOVERED = 1 << 20;
/** The uncovered journal grows to this many times the checkpoint before the next one. */
const GROWTH = 8;
/** What small sessions may spend on checkpoints beyond their share. */
const FREE = 64 << 10;

export interface CheckpointNeed {
  /** The checkpoint in place: its bytes, the logical offset behind what it covers, the bytes of all checkpoints so far. */
  readonly checkpoint:
    { readonly size: number; readonly covers: number; readonly written: number } | undefined;
  /** Logical offsets of the journal's first record and of its end: everything that was ever committed. */
  readonly begin: number;
  readonly end: number;
}

/** Whether a checkpoint is due while the session is being written. */
export function isDue(need: CheckpointNeed): boolean {
  const { checkpoint, end } = need;
  if (checkpoint === undefined) return true;
  return end - checkpoint.covers >= Math.max(LEAST_UNCOVERED, GROWTH * checkpoint.size) && isWorthwhile(need);
}

/**
 * Whether a checkpoint may be written now: all checkpoints of a session together stay within what its journal took,
 * so that what is written in total stays within about twice the data, however often the session is opened and closed.
 */
export function isWorthwhile({ checkpoint, begin, end }: CheckpointNeed): boolean {
  if (checkpoint === undefined) return true;
  const uncovered = end - checkpoint.covers;
  if (uncovered <= 0) return false;
  return checkpoint.written + checkpoint.size + uncovered <= end - begin + FREE;
}
