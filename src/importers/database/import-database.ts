import { ConflictError, ImportError } from "../../session/errors/errors.ts";
import { objectIn } from "../draft/blocks.ts";

import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { ImportedSession, ImportOutcome, ImportResult } from "../import-result.ts";
import type { Importer } from "../importer.ts";
import type { Problem } from "../problem.ts";
import { FileImport } from "../store/file-import.ts";
import { InTrashError, type FileOutcome, type ImportHooks } from "../store/file-outcome.ts";
import { importStateOf } from "../store/import-state.ts";
import type { NewSessions } from "../store/new-sessions.ts";
import type { Rest } from "../store/rest.ts";
import type { MarkedSession, SessionMarks } from "../store/session-marks.ts";
import { checkTables } from "./database-formats.ts";
import type { DatabaseFormat, DatabaseSession } from "./database-format.ts";
import { sessionsOf, type ListedSession, type SessionList } from "./session-list.ts";
import { SessionRows } from "./session-rows.ts";
import { SourceDatabase } from "./source-database.ts";
import { tablesOf } from "./tables.ts";

/** What the import of a database asks of whoever runs it. */
export interface DatabaseRun {
  readonly store: SessionStore;
  readonly marks: SessionMarks | undefined;
  readonly isStored: (id: SessionId) => Promise<boolean>;
  readonly isTrashed: (id: SessionId) => Promise<boolean>;
  /** Where new sessions wait to be stored together. */
  readonly together: NewSessions;
  readonly rest: Rest;
  /** Ends it behind the session at hand. */
  readonly signal: AbortSignal | undefined;
  /** Told the bytes that were worked through, now and then. */
  readonly onProgress: ((bytes: number) => void) | undefined;
}

const MOST_ATTEMPTS = 50;
const PROBLEMS_KEPT = 100;

/**
 * Brings in the sessions of an agent's database, each by itself: one that cannot be read is told and left, and those
 * that look as they did are not read again. A session that the agent has deleted stays in the store.
 * @returns `undefined` when there is no session in it.
 * @throws {ImportError} when the database cannot be read, or is of a version that is not known.
 */
export async function importDatabase(
  run: DatabaseRun,
  path: string,
  format: DatabaseFormat,
): Promise<ImportResult | undefined> {
  const database = new SourceDatabase(path);
  try {
    return await new DatabaseImport(run, database, format).run();
  } finally {
    await database.close();
  }
}

class DatabaseImport {
  readonly #run: DatabaseRun;
  readonly #database: SourceDatabase;
  readonly #format: DatabaseFormat;
  readonly #sessions: ImportedSession[] = [];
  readonly #problems: Problem[] = [];
  readonly #waiting: (() => Promise<void>)[] = [];
  #problemCount = 0;
  #lossy = false;
  #bytes = 0;

  constructor(run: DatabaseRun, database: SourceDatabase, format: DatabaseFormat) {
    this.#run = run;
    this.#database = database;
    this.#format = format;
  }

  async run(): Promise<ImportResult | undefined> {
    const { path } = this.#database;
    const { modified } = await this.#database.look();
    checkTables(path, this.#format, await this.#database.read(tablesOf));
    const list = await this.#database.read((database) => sessionsOf(database, this.#format));
    if (list.sessions.length === 0) return undefined;
    this.#tellOfAll(list);
    const marks = this.#run.marks?.of(path);
    for (const session of list.sessions) {
      if (this.#run.signal?.aborted === true) break;
      const known = marks?.get(session.id);
      if (known?.mark === this.#markOf(session) && (await this.#run.isStored(known.sessionId as SessionId)))
        this.#unchanged(session, known);
      else
        await this.#import(
          session,
          new SessionRows(this.#database, modified, this.#format, list.tables, session),
        );
    }
    await this.#settle();
    return this.#result();
  }

  /** What concerns the database as a whole. */
  #tellOfAll({ newer, unknownTables, orphans }: SessionList): void {
    const tell = (reason: string, lost: boolean): void =>
      this.#problem({ offset: 0, reason, salvaged: 0, lost });
    if (newer !== undefined) tell(newer, false);
    for (const name of unknownTables) tell(`rows of the unknown table ${name} are kept unread`, false);
    if (orphans.length > 0)
      tell(
        `it has rows of ${orphans.length} sessions that it does not list: ${orphans.slice(0, 5).join(", ")}`,
        true,
      );
  }

  #markOf({ mark }: ListedSession): string {
    return `${this.#format.version} ${mark}`;
  }

  async #import(session: ListedSession, rows: SessionRows): Promise<void> {
    try {
      const row = await rows.row();
      const importer = importerFor(this.#format, session, { id: session.id, row, path: rows.path });
      const { together } = this.#run;
      const outcome = await again(() =>
        FileImport.run(this.#run.store, importer, rows, this.#hooks(together)),
      );
      // Whatever becomes of it is seen to when its turn comes.
      outcome.stored?.catch(() => undefined);
      this.#waiting.push(async () => await this.#stored(session, importer, rows, outcome));
      if (together.isFull || outcome.stored === undefined) await this.#settle();
    } catch (error) {
      this.#failed(session, error);
    }
  }

  /** Stores what waits, and notes in their order what became of the sessions. */
  async #settle(): Promise<void> {
    await this.#run.together.flush();
    for (const stored of this.#waiting.splice(0)) await stored();
  }

  async #stored(
    session: ListedSession,
    importer: Importer,
    rows: SessionRows,
    outcome: FileOutcome,
  ): Promise<void> {
    try {
      let found = outcome;
      try {
        await outcome.stored;
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        // Somebody else has stored it meanwhile.
        found = await again(() => FileImport.run(this.#run.store, importer, rows, this.#hooks(undefined)));
      }
      await this.#run.rest.pack(found);
      this.#took(session, found);
    } catch (error) {
      this.#failed(session, error);
    }
  }

  #failed(session: ListedSession, error: unknown): void {
    const source = session.id;
    if (error instanceof InTrashError)
      this.#sessions.push({ sessionId: error.id, source, outcome: "in trash", messagesAdded: 0 });
    else if (error instanceof ImportError)
      this.#problem({ session: source, offset: 0, reason: error.detail, salvaged: 0, lost: true });
    // A store that fails would fail for every other session too.
    else throw error;
  }

  #hooks(together: NewSessions | undefined): ImportHooks {
    const before = this.#bytes;
    const onProgress = (bytes: number): void => {
      this.#bytes = before + bytes;
      this.#run.onProgress?.(this.#bytes);
    };
    const { isTrashed, rest } = this.#run;
    return { isTrashed, together, isResting: rest.isResting, onProgress };
  }

  #took(session: ListedSession, { plan, main, harvest, named }: FileOutcome): void {
    const before = plan.type === "unchanged" ? importStateOf(plan.stored.head) : undefined;
    const problemCount = before?.problems ?? harvest.problemCount;
    const lossy = before?.lossy ?? harvest.lossy;
    const isNew = plan.type === "new";
    const outcome: ImportOutcome = isNew
      ? "created"
      : main?.replaced === true
        ? "rewritten"
        : main?.changed === true
          ? "extended"
          : "unchanged";
    this.#sessions.push({
      ...{ sessionId: plan.id, source: session.id, outcome, messagesAdded: main?.added ?? 0 },
      ...(plan.id === named ? {} : { divergedFrom: named }),
    });
    for (const problem of harvest.problems) this.#problem({ session: session.id, ...problem });
    this.#problemCount += problemCount - harvest.problems.length;
    this.#lossy ||= lossy;
    if (!session.isSettled) return;
    const known = { mark: this.#markOf(session), sessionId: plan.id, problemCount, lossy };
    this.#run.marks?.note(this.#database.path, session.id, known);
  }

  #unchanged({ id }: ListedSession, { sessionId, problemCount, lossy }: MarkedSession): void {
    this.#sessions.push({
      sessionId: sessionId as SessionId,
      source: id,
      outcome: "unchanged",
      messagesAdded: 0,
    });
    this.#problemCount += problemCount;
    this.#lossy ||= lossy;
  }

  #problem(problem: Problem): void {
    this.#problemCount++;
    this.#lossy ||= problem.lost;
    if (this.#problems.length < PROBLEMS_KEPT) this.#problems.push(problem);
  }

  #result(): ImportResult {
    // None at all: each of them failed, which the problems tell.
    const [first, ...others] = [...this.#sessions].reverse();
    if (first === undefined) {
      const why = this.#run.signal?.aborted === true ? "it was interrupted" : "it cannot be read";
      throw new ImportError(this.#database.path, this.#problems[0]?.reason ?? why);
    }
    return {
      ...{ path: this.#database.path, format: this.#format.format, ...first },
      ...{ divergedFrom: first.divergedFrom, forkedFrom: undefined, others },
      ...{ problems: this.#problems, problemCount: this.#problemCount, lossy: this.#lossy },
    };
  }
}

/** Reads one session's lines. */
function importerFor(format: DatabaseFormat, listed: ListedSession, session: DatabaseSession): Importer {
  return {
    ...{ format: format.format, version: format.version, shape: "lines" },
    recognises: () => false,
    // The files that the agent wrote before it had a database.
    supersedes: (_path, stored) => /\.jsonl?$/.test(stored),
    begin: (harvest) => {
      harvest.main.id = listed.sessionId;
      harvest.main.parentId = listed.parentId;
      const reader = format.begin(harvest, session);
      return {
        record: ({ table, row }) => {
          // The session's own row comes last: what is said after it would be written without what it tells.
          if (table === format.sessions.table) reader.end?.();
          else reader.row(table as string, objectIn(row));
        },
      };
    },
  };
}

async function again<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      // Somebody wrote to the session meanwhile, another import say: look again.
      if (!(error instanceof ConflictError) || attempt >= MOST_ATTEMPTS) throw error;
    }
  }
}
