import { EMPTY_HEAD } from "../../../../session/head.ts";
import type { Message } from "../../../../session/message.ts";
import type { JournalPosition } from "../../journal/follow-journal.ts";
import type { Journal } from "../../journal/journal.ts";
import { decodeRecord } from "../../journal/record/decode-record.ts";
import type { CommitRecord } from "../../journal/record/record.ts";
import type { ForeignDocument } from "../../checkpoint/foreign-document.ts";
import { applyCommits } from "../apply-commits.ts";
import { placesIn, type ForeignHistory, type SessionState } from "./foreign-change.ts";
import { MessageArray } from "../messages/message-list.ts";
import { UnnotedState } from "./unnoted-state.ts";

/** A document's writer can have known one of the latest states only; no more are compared. */
const MOST_STATES = 16;

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
  readonly named: number | undefined;
  readonly #splices: readonly Splice[];
  readonly #states: ReadonlyMap<number, SessionState>;
  /** The messages that came with documents, and the revisions that took these over. */
  readonly #takenOver: ReadonlyMap<Message, number>;

  private constructor(
    read: Pick<ForeignStates, "current" | "known" | "named"> & {
      readonly splices: readonly Splice[];
      readonly states: ReadonlyMap<number, SessionState>;
      readonly takenOver: ReadonlyMap<Message, number>;
    },
  ) {
    this.current = read.current;
    this.known = read.known;
    this.named = read.named;
    this.#splices = read.splices;
    this.#states = read.states;
    this.#takenOver = read.takenOver;
  }

  /** Reads them from a journal whose last commit is at `end`. */
  static async read(
    journal: Journal,
    end: JournalPosition,
    document: Pick<ForeignDocument, "edited" | "messages">,
  ): Promise<ForeignStates> {
    const noted = (await knownIn(journal, end)).reverse().slice(0, MOST_STATES);
    const { edited, messages } = document;
    // An edited checkpoint says which one it was.
    const last = Math.max(0, ...noted.map(({ revision }) => revision));
    const unnoted =
      edited === undefined && last < end.revision ? new UnnotedState(messages, last) : undefined;
    const named = edited?.life === end.life ? edited.revision : undefined;
    const states = await ForeignStates.#of(journal, end, named, noted, unnoted);
    const revision = unnoted?.revision;
    if (revision === undefined) return states;
    return await ForeignStates.#of(journal, end, named, [{ revision, record: undefined }, ...noted]);
  }

  static async #of(
    journal: Journal,
    end: JournalPosition,
    named: number | undefined,
    known: ForeignHistory["known"],
    unnoted?: UnnotedState,
  ): Promise<ForeignStates> {
    const wanted = new Set([named, ...known.map(({ revision }) => revision)]);
    const states = new Map<number, SessionState>();
    const splices: Splice[] = [];
    const takenOver = new Map<Message, number>();
    const current = await replay(journal, end, (record, { head, messages }) => {
      const { revision } = record;
      const [start, deleteCount] = record.splice ?? [0, 0];
      const inserted = record.sizes.length;
      unnoted?.follow(revision, start, deleteCount, messages.slice(start, start + inserted));
      if (record.splice !== undefined) {
        splices.push({ revision, start, deleteCount, inserted });
        if (record.foreign !== undefined)
          for (const message of broughtBy(record, messages)) takenOver.set(message, revision);
      }
      if (wanted.has(revision)) states.set(revision, { head, messages: messages.slice() });
    });
    return new ForeignStates({ current, known, named, splices, states, takenOver });
  }

  stateAt(revision: number): SessionState | undefined {
    return this.#states.get(revision);
  }

  isTakenOverSince(message: Message, revision: number): boolean {
    return (this.#takenOver.get(message) ?? 0) > revision;
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

/** The messages that came with a document; beside them, its commit may have moved some that the document did not hold. */
function broughtBy({ splice, sizes, known }: CommitRecord, messages: readonly Message[]): Message[] {
  const [start, deleteCount] = splice ?? [0, 0];
  const inserted = messages.slice(start, start + sizes.length);
  if (deleteCount === 0 || known?.[4] === undefined) return inserted;
  const held = new Set(placesIn(messages, known[4]));
  return inserted.filter((_, index) => held.has(start + index));
}

/** What documents there were in a life, in the order in which they were written. */
async function knownIn(journal: Journal, end: JournalPosition): Promise<ForeignHistory["known"][number][]> {
  const known: ForeignHistory["known"][number][] = [];
  let life = 1;
  for await (const lines of journal.lines(journal.begin.offset)) {
    for (const { bytes, whole, checksum } of lines) {
      const record = whole ? decodeRecord(bytes, checksum) : undefined;
      if (record?.kind === "commit") ({ life } = record);
      if (life !== end.life || (record?.kind !== "commit" && record?.kind !== "document")) continue;
      if (record.revision > end.revision) continue;
      if (record.kind === "commit" && record.known !== undefined)
        known.push({ revision: record.revision, record });
      else if (record.kind === "document" && record.foreign === undefined)
        known.push({ revision: record.revision, record: undefined });
      else if (record.kind === "commit" && record.checkpoint > 0)
        known.push({ revision: record.checkpoint, record: undefined });
    }
  }
  // Each once, where it came last.
  return known.filter(
    (one, index) =>
      !known.slice(index + 1).some((other) => other.revision === one.revision && other.record === one.record),
  );
}

/** The state behind a commit, from the beginning of its life. */
async function replay(
  journal: Journal,
  to: { readonly life: number; readonly revision: number },
  onCommit?: (record: CommitRecord, state: SessionState) => void,
): Promise<SessionState> {
  const list = new MessageArray();
  const begin = { list, head: EMPTY_HEAD };
  const { head } = await applyCommits(journal, journal.begin, begin, to, (record, headThen) => {
    if (record.life === to.life) onCommit?.(record, { head: headThen, messages: list.messages });
  });
  return { head, messages: list.messages };
}
