import type { HeadChanges, SessionHead } from "../../../session/head.ts";
import type { Message } from "../../../session/message.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import { setOf, sideOf } from "../journal/record/record-content.ts";
import type { IntactCommit } from "./intact-records.ts";

/** A message, or a place where one stood that is lost. */
export type Slot = Message | undefined;

/** A session's state that is known without the commits that led there: a checkpoint's, or one that follows from it. */
export interface CoveredState {
  readonly life: number;
  readonly revision: number;
  readonly checksum: string;
  readonly head: SessionHead;
  readonly messages: readonly Slot[];
  readonly side: readonly SideEntry[];
  readonly at: string;
}

/**
 * What a checkpoint tells of the state before commits that can be read: the checkpoint itself where it is of a revision
 * before them; else what is left of it when everything is taken back that the commits did up to it. What they took away
 * are places without a message.
 * @returns `undefined` when it tells nothing: it is of another life, or there are gaps between the commits and it.
 */
export function stateBefore(
  commits: readonly IntactCommit[],
  covered: CoveredState | undefined,
  headBefore: SessionHead,
): CoveredState | undefined {
  const [first] = commits;
  if (first === undefined || covered === undefined || covered.life !== first.record.life) return undefined;
  if (covered.revision < first.record.revision) return covered;
  const behind = commits.findIndex(({ record }) => record.checksum === covered.checksum);
  const passed = commits.slice(0, behind + 1);
  if (behind < 0 || passed.slice(1).some(({ isBehindGap }) => isBehindGap)) return undefined;
  const messages = [...covered.messages];
  const side = [...covered.side];
  let changes: HeadChanges = {};
  for (const { record, line } of passed.toReversed()) {
    const [start, deleteCount] = record.splice ?? [0, 0];
    messages.splice(start, record.sizes.length, ...Array<Slot>(deleteCount).fill(undefined));
    side.length -= sideOf(line, record).length;
    changes = { ...changes, ...setOf(line, record) };
  }
  const fields = Object.keys(changes) as (keyof SessionHead)[];
  const known = Object.fromEntries(fields.map((field) => [field, headBefore[field]]));
  const { previous, revision, at } = first.record;
  return {
    ...covered,
    revision: revision - 1,
    checksum: previous,
    messages,
    side,
    head: { ...covered.head, ...known },
    at,
  };
}
