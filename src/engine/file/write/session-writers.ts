import type { SessionId } from "../../../session/session-id.ts";
import type { FileContext } from "../disk/file-context.ts";
import { SessionWriter } from "./session-writer.ts";

/** Writers that are open at once; each holds a file descriptor. */
const MOST_WRITERS = 128;

/** The writers of a store's sessions, one for each session that is being written. */
export class SessionWriters {
  readonly #context: FileContext;
  readonly #patience: number;
  readonly #writers = new Map<SessionId, SessionWriter>();
  readonly #closing = new Set<Promise<void>>();

  constructor(context: FileContext, patience: number) {
    this.#context = context;
    this.#patience = patience;
  }

  of(id: SessionId): SessionWriter {
    let writer = this.#writers.get(id);
    if (writer === undefined) {
      writer = new SessionWriter(this.#context, id, this.#patience);
      if (this.#writers.size >= MOST_WRITERS) this.#closeIdle();
      this.#writers.set(id, writer);
    }
    return writer;
  }

  async close(): Promise<void> {
    const writers = [...this.#writers.values()];
    this.#writers.clear();
    await Promise.all([...this.#closing, ...writers.map((writer) => writer.close())]);
  }

  /** The oldest half of those that do nothing. */
  #closeIdle(): void {
    for (const [id, writer] of this.#writers) {
      if (this.#writers.size <= MOST_WRITERS / 2) return;
      if (!writer.isIdle) continue;
      this.#writers.delete(id);
      const closed = writer.close().finally(() => this.#closing.delete(closed));
      this.#closing.add(closed);
    }
  }
}
