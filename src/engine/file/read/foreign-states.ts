import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import type { JournalPosition } from "../journal/follow-journal.ts";
import type { Journal } from "../journal/journal.ts";
import { decodeRecord, setOf, type CommitRecord } from "../journal/journal-record.ts";
import { TimeSlice } from "../disk/time-slice.ts";
import type { ForeignHistory, SessionState } from "./foreign-change.ts";
import { MessageArray } from "./message-list.ts";

/** A document's writer can have known one of the latest states only; no more are compared. */
const MOST_STATES = 32;

interface Splice {
  readonly revision: number;
  readonly start: number;
  readonly deleteCount: number;
  readonly inserted: number;
}

/** The states of a session's current life that the writer of its document may have known. */
export class ForeignStates implements ForeignHistory {
  readonly current: SessionState;
  readonly known: ForeignHistory["known"];
  readonly #journal: Journal;
  readonly #end: JournalPosition;
  readonly #splices: readonly Splice[];

  private constructor(
    journal: Journal,
    end: JournalPosition,
    current: SessionState,
    known: ForeignHistory["known"],
    splices: readonly Splice[],
  ) {
    this.#journal = journal;
    this.#end = end;
    this.current = current;
    this.known = known;
    this.#splices = splices;
  }

  /** Reads them from a journal whose last commit is at `end`. */
  static async read(journal: Journal, end: JournalPosition): Promise<ForeignStates> {
    const noted = await notedIn(journal, end.life);
    const splices: Splice[] = [];
    let known = new Map<number, CommitRecord | undefined>();
    const current = await replay(journal, end, (record) => {
      const [start, deleteCount] = record.splice ?? [0, 0];
      const inserted = record.sizes.length;
      if (record.splice !== undefined)
        splices.push({ revision: record.revision, start, deleteCount, inserted });
      if (record.known !== undefined) known.set(record.revision, record);
      // Who removed the document, or wrote it before the session was restored, begins anew.
      else if (record.checkpoint > 0) known.set(record.checkpoint, known.get(record.checkpoint));
    });
    for (const revision of noted) if (!known.has(revision)) known.set(revision, undefined);
    known = new Map([...known].filter(([revision]) => revision <= end.revision));
    const latest = [...known]
      .sort(([left], [right]) => right - left)
      .slice(0, MOST_STATES)
      .map(([revision, record]) => ({ revision, record }));
    return new ForeignStates(journal, end, current, latest, splices);
  }

  async stateAt(revision: number): Promise<SessionState | undefined> {
    if (revision < 1 || revision > this.#end.revision) return undefined;
    if (revision === this.#end.revision) return this.current;
    return await replay(this.#journal, { ...this.#end, revision });
  }

  placeNow(revision: number, place: number, side: "start" | "end"): number {
    let at = place;
    for (const splice of this.#splices) {
      if (splice.revision <= revision) continue;
      const { start, deleteCount, inserted } = splice;
      if (at <= start) continue;
      if (at >= start + deleteCount) at += inserted - deleteCount;
      else at = side === "start" ? start : start + inserted;
    }
    return at;
  }
}

/** The revisions of the checkpoints that the journal knows of in a life. */
async function notedIn(journal: Journal, life: number): Promise<Set<number>> {
  const revisions = new Set<number>();
  let current = 1;
  for await (const lines of journal.lines(journal.begin.offset)) {
    for (const { bytes, whole, checksum } of lines) {
      const record = whole ? decodeRecord(bytes, checksum) : undefined;
      if (record?.kind === "commit") current = record.life;
      if (record?.kind === "document" && record.foreign === undefined && current === life)
        revisions.add(record.revision);
    }
  }
  return revisions;
}

/** The state behind a commit, from the beginning of its life. */
async function replay(
  journal: Journal,
  to: { readonly life: number; readonly revision: number },
  onCommit?: (record: CommitRecord) => void,
): Promise<SessionState> {
  const list = new MessageArray();
  let head: SessionHead = EMPTY_HEAD;
  let { life } = journal.begin;
  const slice = new TimeSlice();
  const following = journal.follow(journal.begin);
  for await (const commits of following) {
    for (const commit of commits) {
      const { record, line } = commit;
      if (record.life > to.life || (record.life === to.life && record.revision > to.revision))
        return { head, messages: list.messages };
      if (record.life > life) {
        ({ life } = record);
        list.clear();
        head = EMPTY_HEAD;
      }
      const applied = list.apply(commit);
      if (applied !== undefined) await applied;
      head = { ...head, ...setOf(line, record), tokenCount: record.tokenCount };
      if (record.life === to.life) onCommit?.(record);
      if (slice.isOver) await slice.next();
    }
  }
  return { head, messages: list.messages };
}
