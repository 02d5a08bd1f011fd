import type { KnownOperation } from "./commit-batch.ts";
import { readJournalHeader, scanJournal, type JournalPosition } from "../journal/journal-reader.ts";
import type { WriterState } from "./writer-state.ts";

/** The operation ids of a session's journal; read only when a commit names one, and only what is new. */
export class OperationLog {
  readonly #known = new Map<string, KnownOperation>();
  #position: JournalPosition | undefined;

  /** Brings the log up to `state`. */
  async catchUp(state: WriterState): Promise<void> {
    if (this.#position?.checksum === state.position.checksum) return;
    if (this.#position !== undefined && (await this.#follow(state, this.#position))) return;
    // Another journal than the one that was followed so far: the session was removed and created anew, say.
    this.#known.clear();
    await this.#follow(state, firstPosition(state));
  }

  /** Takes in what stands behind `start`; false when that does not lead to where the session is. */
  async #follow(state: WriterState, start: JournalPosition): Promise<boolean> {
    const scan = await scanJournal(state.file, state.origin, start, (record) => {
      if (record.operation === undefined) return;
      const [id, fingerprint] = record.operation;
      const { revision, checksum: tag, at, messageCount } = record;
      this.#known.set(id, { revision, tag, at, messageCount, fingerprint });
    });
    this.#position = scan.position;
    return scan.position.checksum === state.position.checksum;
  }

  get(operationId: string): KnownOperation | undefined {
    return this.#known.get(operationId);
  }

  /** Takes in what was just committed on top of `before`. */
  add(
    operations: ReadonlyMap<string, KnownOperation>,
    before: JournalPosition | undefined,
    state: WriterState,
  ): void {
    if (before === undefined) this.#known.clear();
    else if (this.#position?.checksum !== before.checksum) return;
    for (const [id, operation] of operations) this.#known.set(id, operation);
    this.#position = state.position;
  }
}

function firstPosition(state: WriterState): JournalPosition {
  const first = readJournalHeader(state.file);
  if (first === undefined) throw new Error("the journal's first line cannot be read any more");
  const { header, length } = first;
  return { offset: header.origin + length, revision: header.revision, checksum: header.checksum };
}
