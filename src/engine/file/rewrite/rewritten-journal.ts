import { EMPTY_HEAD, holdsListedFields, listedFields } from "../../../session/head.ts";
import { CorruptSessionError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SessionEdit } from "../../session-edit.ts";
import type { JournalPosition, JournalScan } from "../journal/follow-journal.ts";
import type { Journal } from "../journal/journal.ts";
import { decodeRecord } from "../journal/record/decode-record.ts";
import {
  encodeCommit,
  encodeDocument,
  encodeHeader,
  encodeListing,
} from "../journal/record/encode-record.ts";
import type { NewCommitRecord } from "../journal/record/record.ts";
import { newJournalKey } from "../journal/publish-journal.ts";
import { restatedJournal, type RestatedState } from "../journal/restated-journal.ts";
import { editedCommits, type EditedCommit } from "./edited-commits.ts";

/** So many are remembered: a document that is older than the last few rewritings comes from a copy elsewhere. */
const MOST_REPLACED = 16;
/** A listing need not read a longer commit: behind it the listed fields are said again. */
const LONGEST_LISTING = 64 << 10;

/** A session at a revision, which a journal is to begin with. */
export interface Restated extends JournalPosition {
  readonly state: RestatedState;
}

/** More than names take. */
const ROOM = 64 << 10;

/**
 * A journal, written anew with every commit as an edit leaves it: the same lives, revisions and times. Its key is
 * another, and it names those of the journals whose place it takes: a document that belongs to one of them is known to
 * be left over, and is nobody's words. Nothing of the old bytes is carried over, neither what lost or was torn nor what
 * digests of the old content say (`known`, `alias`).
 */
export class RewrittenJournal {
  readonly #id: SessionId;
  readonly #journal: Journal;
  readonly #edit: SessionEdit;
  readonly #restated: Restated | undefined;
  readonly #tombstones = new Map<number, number>();
  /** Of each tombstone in it the checksum that it had, and the one that it has here. */
  readonly tombstoneChecksums: (readonly [was: string, checksum: string])[] = [];
  /** Commits in which something was changed. */
  changed = 0;
  /** Logical offset of its first byte, and behind the last line. */
  origin = 0;
  end = 0;
  position: JournalPosition;
  #listing: number | undefined;
  #notes: readonly Note[] = [];

  /** @param restated what it begins with, in place of the commits up to there; the others keep their tags then. */
  constructor(id: SessionId, journal: Journal, edit: SessionEdit, restated?: Restated) {
    this.#id = id;
    this.#journal = journal;
    this.#edit = edit;
    this.#restated = restated;
    this.position = journal.begin;
  }

  /** @throws {CorruptSessionError} when the history cannot be read. */
  async *lines(): AsyncGenerator<Buffer> {
    const { header } = this.#journal;
    const { revision, checksum, life } = header;
    const replaces = [...(header.replaces ?? []), ...(header.key === undefined ? [] : [header.key])];
    const common = { session: this.#id, origin: 0, revision, checksum, life };
    const names = { key: newJournalKey(), replaces: replaces.slice(-MOST_REPLACED) };
    const restated = this.#restated;
    if (restated === undefined) yield* this.#put(encodeHeader({ ...common, ...names }));
    else yield* this.#begin(restated, names);
    this.#notes = (await notesIn(this.#journal)).filter((note) => note.revision >= (restated?.revision ?? 0));
    const commits = editedCommits(this.#journal, this.#edit);
    for (;;) {
      const next = await commits.next();
      if (next.done === true) {
        this.#assertWhole(next.value);
        yield* this.#noteUpTo(Infinity);
        return;
      }
      const { life, revision: number } = next.value.record;
      if (restated !== undefined && (life < restated.life || number <= restated.revision)) continue;
      yield* this.#noteUpTo(next.value.offset);
      yield* this.#commit(next.value);
    }
  }

  *#begin(
    { life, revision, checksum, offset, state }: Restated,
    { key, replaces }: { readonly key: string; readonly replaces: readonly string[] },
  ): Generator<Buffer> {
    // It is shorter than what it stands for, but for names: the first byte's offset stays above 0.
    const position = { offset: offset + ROOM, life, revision, checksum };
    const lines = restatedJournal(this.#id, key, position, state, replaces);
    this.#listing = position.offset - (lines.at(-1)?.length ?? 0);
    this.origin = position.offset - lines.reduce((sum, line) => sum + line.length, 0);
    this.end = this.origin;
    for (const line of lines) yield* this.#put(line);
    this.position = position;
  }

  #assertWhole({ damage }: JournalScan): void {
    if (damage !== undefined) throw new CorruptSessionError(this.#id, damage.detail);
  }

  *#commit(commit: EditedCommit): Generator<Buffer> {
    const { record, set, side, splice, operation, why } = commit;
    const { life, revision } = record;
    if (commit.isChanged) this.changed++;
    if (life > this.position.life) this.#listing = undefined;
    const isListing = set !== undefined && holdsListedFields(set);
    const fields: NewCommitRecord = {
      previous: this.position.checksum,
      revision,
      life,
      at: record.at,
      messageCount: record.messageCount,
      tokenCount: record.tokenCount,
      listing: isListing ? undefined : this.#listing,
      earlier: record.earlier === undefined ? undefined : this.#tombstones.get(record.earlier),
      operation,
      foreign: record.foreign,
      known: this.#restated === undefined ? undefined : record.known,
      removed: record.removed,
      why,
      alias: this.#restated === undefined ? undefined : record.checksum,
      restored: record.restored,
      splice,
      set,
      side,
    };
    const { line, checksum } = encodeCommit(fields);
    const offset = this.end;
    if (record.removed !== undefined) {
      this.#tombstones.set(commit.offset, offset);
      this.tombstoneChecksums.push([record.checksum, checksum]);
    }
    // One of an earlier version lacks a field of them: whoever opens the session says them again.
    if (set !== undefined && "createdAt" in set) this.#listing = offset;
    yield* this.#put(line);
    this.position = { offset: this.end, life, revision, checksum };
    if (!isListing || line.length <= LONGEST_LISTING) return;
    this.#listing = this.end;
    yield* this.#put(encodeListing(listedFields({ ...EMPTY_HEAD, ...set }, { title: null }) ?? {}));
  }

  /** Which checkpoints there were: whoever read one may write a document that goes on from it. */
  *#noteUpTo(offset: number): Generator<Buffer> {
    while ((this.#notes[0]?.offset ?? Infinity) < offset) {
      const [{ revision } = { revision: 0 }, ...rest] = this.#notes;
      this.#notes = rest;
      const { end } = this;
      // No file is like that: it says which revision, and not what stands there.
      const stat = { size: 0, modified: 0n };
      yield* this.#put(
        encodeDocument({ revision, stat, covers: end, written: 0, foreign: undefined, synced: end }),
      );
    }
  }

  *#put(line: Buffer): Generator<Buffer> {
    this.end += line.length;
    yield line;
  }
}

interface Note {
  readonly offset: number;
  readonly revision: number;
}

/** The notes of our own checkpoints in a journal's last life. */
async function notesIn(journal: Journal): Promise<Note[]> {
  let notes: Note[] = [];
  let { life } = journal.begin;
  for await (const lines of journal.lines(journal.begin.offset)) {
    for (const { bytes, whole, checksum, offset } of lines) {
      const record = whole ? decodeRecord(bytes, checksum) : undefined;
      if (record?.kind === "commit" && record.life > life) {
        ({ life } = record);
        notes = [];
      }
      if (record?.kind === "document" && record.foreign === undefined)
        notes.push({ offset, revision: record.revision });
    }
  }
  return notes;
}
