import type { Commit, Committed } from "../../../session/commit.ts";
import { OperationMismatchError } from "../../../session/errors.ts";
import { EMPTY_HEAD, listedFields, type HeadChanges, type SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { applyCommit, timeOf, type AppliedCommit } from "../../apply-commit.ts";
import type { Durability } from "../../contract.ts";
import { fingerprint } from "../../fingerprint.ts";
import type { JournalPosition } from "../journal/journal-reader.ts";
import { encodeCommit, encodeHeader, FORMAT, NO_CHECKSUM } from "../journal/journal-record.ts";
import type { WriterState } from "./writer-state.ts";

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
  listing: number;
  readonly #id: SessionId;
  readonly #start: number;
  readonly #synced: number;
  readonly #checkpoint: number;

  /** @param state the session as it is; `undefined` when there is none, and the batch begins a journal. */
  constructor(id: SessionId, state: WriterState | undefined) {
    this.#id = id;
    if (state === undefined) {
      this.lines.push(
        encodeHeader({
          format: FORMAT,
          session: id,
          origin: 0,
          revision: 0,
          checksum: NO_CHECKSUM,
        }),
      );
    }
    const begin = this.lines[0]?.length ?? 0;
    this.#start = state?.end ?? begin;
    this.#synced = state?.synced ?? begin;
    this.#checkpoint = state?.checkpoint?.revision ?? 0;
    this.position = state?.position ?? { offset: begin, revision: 0, checksum: NO_CHECKSUM };
    this.head = state?.head ?? EMPTY_HEAD;
    this.messageCount = state?.messageCount ?? 0;
    this.listing = state?.listing ?? 0;
    this.end = this.#start;
  }

  /** Logical offset behind the batch. */
  end: number;

  /** Where the batch begins. */
  get start(): number {
    return this.#start;
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
    const exists = this.position.revision > 0;
    const { revision, checksum } = this.position;
    const current = { revision, tag: checksum, head: this.head, messageCount: this.messageCount };
    const applied = applyCommit(this.#id, exists ? current : undefined, commit);
    const at = timeOf(commit);
    const set = this.#setOf(applied.head, applied.set, !exists);
    const listing = set !== undefined && "createdAt" in set ? undefined : this.listing;
    const encoded = encodeCommit({
      previous: checksum,
      revision: applied.revision,
      at,
      messageCount: applied.messageCount,
      tokenCount: applied.head.tokenCount,
      listing,
      checkpoint: this.#checkpoint,
      synced: this.#synced,
      operation: operationId === undefined || print === undefined ? undefined : [operationId, print],
      splice:
        commit.splice === undefined ? undefined : [applied.start, applied.deleteCount, applied.inserted],
      set,
      side: applied.side,
    });
    this.lines.push(encoded.line);
    if (listing === undefined) this.listing = this.end;
    this.end += encoded.line.length;
    this.position = { offset: this.end, revision: applied.revision, checksum: encoded.checksum };
    this.head = applied.head;
    this.messageCount = applied.messageCount;
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
