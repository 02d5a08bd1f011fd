import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { exportSession } from "../../exporters/export-session.ts";
import type { SessionStore, SessionSummary } from "../../index.ts";
import { isPinned } from "../../session/summary/marks.ts";
import { displayTitle } from "../../session/summary/summary.ts";
import type { SessionId } from "../../session/session-id.ts";
import { cannotWrite } from "../output/cannot-write.ts";
import { oneLine } from "../output/text-width.ts";
import type { ExportFormat } from "./state.ts";
import { counted } from "../output/units.ts";

/** What is done to sessions, and what is to be said of it. */
export class Deeds {
  readonly #store: SessionStore;
  /** What went to the trash, the last at the end. */
  readonly #trashed: SessionId[][] = [];

  constructor(store: SessionStore) {
    this.#store = store;
  }

  async fork(ids: readonly string[]): Promise<string> {
    let last = "";
    for (const id of ids) {
      const fork = await this.#forked(id);
      last = `${fork.id.slice(0, 8)}  ${oneLine(displayTitle(fork))}`;
    }
    return ids.length === 1 ? `Forked: ${last}` : `${counted(ids.length, "session")} forked.`;
  }

  async #forked(id: string): Promise<Pick<SessionSummary, "id" | "title" | "autoTitle">> {
    const { id: fork } = await this.#store.fork(id);
    return (await this.#store.summary(fork)) ?? { id: fork, title: null, autoTitle: null };
  }

  async rename(id: string, title: string): Promise<string> {
    await this.#store.organize(id, { title: title === "" ? null : title });
    return title === "" ? "The title is gone." : `It is called ${oneLine(title)} now.`;
  }

  async pin(summaries: readonly SessionSummary[]): Promise<string> {
    const pinned = !summaries.every(isPinned);
    for (const { id } of summaries) await this.#store.organize(id, { pinned });
    return `${counted(summaries.length, "session")} ${pinned ? "pinned" : "no longer pinned"}.`;
  }

  /** Never over a file that is there. */
  async export(ids: readonly string[], format: ExportFormat): Promise<string> {
    let last = "";
    for (const id of ids) {
      last = `${id}.${format}`;
      try {
        const file = await open(resolve(last), "wx", 0o600);
        try {
          for await (const piece of await this.#textOf(id, format)) await file.writeFile(piece);
        } finally {
          await file.close();
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST")
          return `${last} is there already; it is left as it is.`;
        throw cannotWrite(last, error);
      }
    }
    return ids.length === 1 ? `Exported to ${last}.` : `${counted(ids.length, "session")} exported here.`;
  }

  async #textOf(id: string, format: ExportFormat): Promise<AsyncIterable<string | Buffer>> {
    if (format === "jsonl") return exportSession(this.#store, id);
    const { textOf } = await import("../commands/read/export-text.ts");
    return (await textOf({ store: this.#store }, id as SessionId, { format, secrets: new Set() })).text;
  }

  /** With the sessions of their sub-agents. @returns what went. */
  async trash(
    ids: readonly string[],
    sessions: readonly SessionSummary[],
  ): Promise<{ readonly gone: readonly SessionId[]; readonly said: string }> {
    const gone: SessionId[] = [];
    const family = (id: string): readonly SessionSummary[] =>
      sessions.filter(({ parentId }) => parentId === id);
    const take = async (id: SessionId): Promise<void> => {
      if (gone.includes(id)) return;
      gone.push(id);
      for (const child of family(id)) await take(child.id);
      await this.#store.delete(id, { trash: true });
    };
    for (const id of ids) await take(id as SessionId);
    this.#trashed.push(gone);
    return { gone, said: `${counted(gone.length, "session")} to the trash; ^Z takes that back.` };
  }

  /** @returns the sessions that came back. */
  async undo(): Promise<{ readonly back: readonly SessionId[]; readonly said: string }> {
    const ids = this.#trashed.pop();
    if (ids === undefined) return { back: [], said: "There is nothing to take back." };
    for (const id of ids) await this.#store.restore(id);
    return { back: ids, said: `${counted(ids.length, "session")} back from the trash.` };
  }
}
