import type { SessionId } from "../../../session/session-id.ts";
import { OpenFiles } from "./open-files.ts";
import { SessionWriter } from "./session-writer.ts";
import type { WriterContext } from "./writer-context.ts";

/** Sessions that are held open at once; each holds a file descriptor. */
const MOST_WRITERS = 64;

/** The writers of a store's sessions, one for each session that is being written. */
export class SessionWriters {
  readonly #context: WriterContext;
  readonly #patience: number;
  readonly #writers = new Map<SessionId, SessionWriter>();
  readonly #closing = new Set<Promise<void>>();
  readonly #files: OpenFiles;

  constructor(context: WriterContext, patience: number) {
    this.#context = context;
    this.#patience = patience;
    this.#files = new OpenFiles(context.disk, () => {
      for (const writer of this.#writers.values()) if (writer.isIdle) writer.forget();
    });
  }

  /** What opens files beside the writers goes by the same bound. */
  get files(): OpenFiles {
    return this.#files;
  }

  of(id: SessionId): SessionWriter {
    let writer = this.#writers.get(id);
    if (writer === undefined) {
      writer = new SessionWriter(this.#context, id, this.#patience, this.#files);
      if (this.#writers.size >= MOST_WRITERS) this.#closeIdle();
      this.#writers.set(id, writer);
    }
    return writer;
  }

  /** Closes them all, whatever becomes of each. @throws the first error. */
  async close(): Promise<void> {
    const writers = [...this.#writers.values()];
    this.#writers.clear();
    const closed = await Promise.allSettled([...this.#closing, ...writers.map((writer) => writer.close())]);
    for (const one of closed) if (one.status === "rejected") throw one.reason;
  }

  /** The oldest half of those that do nothing. What fails with them has been reported. */
  #closeIdle(): void {
    for (const [id, writer] of this.#writers) {
      if (this.#writers.size <= MOST_WRITERS / 2) return;
      if (!writer.isIdle) continue;
      this.#writers.delete(id);
      const closed = writer
        .close()
        .catch(() => undefined)
        .finally(() => this.#closing.delete(closed));
      this.#closing.add(closed);
    }
  }
}
