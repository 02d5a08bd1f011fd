import type { Commit, Committed } from "../../../session/commit.ts";
import { OperationMismatchError } from "../../../session/errors/errors.ts";
import { LeaseLostError } from "../../../session/errors/lease-errors.ts";
import { EMPTY_HEAD, listedFields, type HeadChanges, type SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { applyCommit, type AppliedCommit } from "../../apply-commit.ts";
import type { Durability } from "../../contract.ts";
import { fingerprint } from "../../fingerprint.ts";
import type { JournalPosition } from "../journal/follow-journal.ts";
import { encodeCommit, encodeHeader, encodeListing } from "../journal/record/encode-record.ts";
import type { CommitRecord } from "../journal/record/record.ts";
import { NO_CHECKSUM } from "../journal/record/record-line.ts";
import { newJournalKey } from "../journal/publish-journal.ts";
import type { LeaseRecord } from "../lease/lease-record.ts";
import type { KnownDocument } from "../read/session-tail.ts";

/** A listing should not have to read a longer line: behind one that sets listed fields they are said again. */
const LONGEST_LISTING = 64 << 10;

/** A commit that waits for its turn. */
export interface PendingCommit {
  readonly commit: Commit;
  readonly durability: Durability;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (error: unknown) => void;
}

/** What the journal says of an operation id. */
export interface KnownOperation extends Omit<Committed, "repeated"> {
  readonly fingerprint: string;
}

/** What a batch of commits goes on from: an open session, or the end of a life that was removed. */
export interface BatchBase {
  readonly end: number;
  readonly synced: number;
  readonly position: JournalPosition;
  readonly head: SessionHead;
  readonly messageCount: number;
  readonly updatedAt: string | undefined;
  readonly listing: number;
  readonly document: KnownDocument | undefined;
  /** Logical offset of the tombstone of the latest earlier life in the trash. */
  readonly earlier: number | undefined;
}

/**
 * The commits that go to the disk together: each is checked against the state that the ones before it leave, and
 * becomes one line, or is refused.
 */
export class CommitBatch {
  readonly lines: Buffer[] = [];
  /** Commits that became a line. */
  readonly accepted: {
    readonly pending: PendingCommit;
    readonly committed: Committed;
    readonly applied: AppliedCommit;
  }[] = [];
  /** Commits that had been stored before. */
  readonly repeated: { readonly pending: PendingCommit; readonly committed: Committed }[] = [];
  readonly operations = new Map<string, KnownOperation>();
  position: JournalPosition;
  head: SessionHead;
  messageCount: number;
  updatedAt: string | undefined;
  listing: number;
  /** The last commit that became a line, and its logical offset. */
  last: CommitRecord | undefined;
  lastOffset = 0;
  /** Logical offset behind the batch. */
  end: number;
  /** Logical offset at which the batch begins. */
  readonly start: number;
  readonly #id: SessionId;
  readonly #base: BatchBase | undefined;
  readonly #synced: number;
  readonly #lease: LeaseRecord | undefined;

  /**
   * @param lease by which the session is held, where a commit asks for one.
   * @param base what the batch goes on from; `undefined` when there is no journal, and the batch begins one.
   */
  constructor(id: SessionId, base: BatchBase | undefined, lease?: LeaseRecord) {
    this.#lease = lease;
    this.#id = id;
    this.#base = base;
    if (base === undefined) {
      const key = newJournalKey();
      this.lines.push(
        encodeHeader({ session: id, key, origin: 0, revision: 0, checksum: NO_CHECKSUM, life: 1 }),
      );
    }
    const begin = this.lines[0]?.length ?? 0;
    this.start = base?.end ?? begin;
    this.end = this.start;
    this.#synced = base?.synced ?? begin;
    this.position = base?.position ?? { offset: begin, life: 1, revision: 0, checksum: NO_CHECKSUM };
    this.head = base?.head ?? EMPTY_HEAD;
    this.messageCount = base?.messageCount ?? 0;
    this.updatedAt = base?.updatedAt;
    this.listing = base?.listing ?? 0;
  }

  get isEmpty(): boolean {
    return this.accepted.length === 0;
  }

  /** @param known what the journal says of the commit's operation id. */
  add(pending: PendingCommit, known: KnownOperation | undefined): void {
    try {
      this.#add(pending, known);
    } catch (error) {
      pending.reject(error);
    }
  }

  #add(pending: PendingCommit, stored: KnownOperation | undefined): void {
    const { commit } = pending;
    const { operationId } = commit;
    const print = operationId === undefined ? undefined : fingerprint(commit).slice(0, 16);
    if (operationId !== undefined && print !== undefined) {
      const known = stored ?? this.operations.get(operationId);
      if (known !== undefined) {
        if (known.fingerprint !== print) throw new OperationMismatchError(this.#id, operationId);
        const { revision, tag, at, messageCount } = known;
        this.repeated.push({ pending, committed: { revision, tag, at, messageCount, repeated: true } });
        return;
      }
    }
    if (commit.lease !== undefined && commit.lease !== this.#lease?.token)
      throw new LeaseLostError(this.#id, this.#lease);
    const exists = this.position.revision > 0;
    const { life, revision, checksum } = this.position;
    const { messageCount, updatedAt } = this;
    const current = { revision, tag: checksum, head: this.head, messageCount, updatedAt };
    const applied = applyCommit(this.#id, exists ? current : undefined, commit);
    const { at } = applied;
    const set = this.#setOf(applied.head, applied.set, !exists);
    const isListing = set !== undefined && "createdAt" in set;
    const encoded = encodeCommit({
      previous: checksum,
      revision: applied.revision,
      life,
      at,
      messageCount: applied.messageCount,
      tokenCount: applied.head.tokenCount,
      listing: isListing ? undefined : this.listing,
      document: this.#base?.document?.markedAt,
      earlier: this.#base?.earlier,
      synced: this.#synced,
      operation: operationId === undefined || print === undefined ? undefined : [operationId, print],
      splice:
        commit.splice === undefined ? undefined : [applied.start, applied.deleteCount, applied.inserted],
      set,
      side: applied.side,
    });
    this.lines.push(encoded.line);
    if (isListing) this.listing = this.end;
    this.lastOffset = this.end;
    this.end += encoded.line.length;
    if (isListing && encoded.line.length > LONGEST_LISTING) this.#sayListingAgain(applied.head);
    this.position = { offset: this.end, life, revision: applied.revision, checksum: encoded.checksum };
    this.last = encoded.record;
    this.head = applied.head;
    this.messageCount = applied.messageCount;
    this.updatedAt = at;
    const committed = {
      revision: applied.revision,
      tag: encoded.checksum,
      at,
      messageCount: applied.messageCount,
      repeated: false,
    };
    this.accepted.push({ pending, committed, applied });
    if (operationId !== undefined && print !== undefined) {
      this.operations.set(operationId, { ...committed, fingerprint: print });
    }
  }

  #sayListingAgain(head: SessionHead): void {
    const line = encodeListing(listedFields(head, { title: null }) ?? {});
    this.lines.push(line);
    this.listing = this.end;
    this.end += line.length;
  }

  /** What the record sets: the token count has its own place, and whoever sets one listed field sets all of them. */
  #setOf(head: SessionHead, changes: HeadChanges | undefined, first: boolean): HeadChanges | undefined {
    const { tokenCount: _, ...set } = changes ?? {};
    const fields = Object.keys(set);
    // What nearly all commits do.
    if (fields.length === 0 && !first) return undefined;
    return { ...set, ...listedFields(head, first ? { title: null } : set) };
  }

  /** Everything that waits for the disk. */
  get all(): PendingCommit[] {
    return [...this.accepted, ...this.repeated].map(({ pending }) => pending);
  }
}
