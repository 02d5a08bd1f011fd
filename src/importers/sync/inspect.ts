import { lstatSync } from "node:fs";
import type { Environment } from "../../home/astrid-home.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { importStateOf } from "../store/import-state.ts";
import { lookWith } from "../read-with.ts";
import { ImportLedger, ledgerIn, type SeenFile } from "../store/import-ledger.ts";
import { storedHead } from "../../store/reading/stored-head.ts";
import { isWithin, sourcesOf, type GivenSource, type Source } from "./sources.ts";
import { ownFolders } from "./sync-sessions.ts";
import { isSame, SyncMemory, syncHome, type Look, type SyncState } from "./sync-state.ts";
import { Walk, type Refused } from "./walk.ts";

const DAY = 86_400_000;
/** What an agent deletes within so many days is told as due. */
const DUE_WITHIN_DAYS = 7;

/** What an agent will delete by itself. */
export interface Due {
  /** It deletes a session so many days after its file was changed last; `undefined`: nothing is known of that. */
  readonly days: number | undefined;
  readonly said: string | undefined;
  /** Files that it deletes within a week, those included that it would delete at its next start. */
  readonly soon: number;
  readonly overdue: number;
  /** When it deletes the next one. */
  readonly next: string | undefined;
}

/** What an agent has deleted, of which the session is kept here. */
export interface Gone {
  readonly path: string;
  readonly sessionId: string;
  /** When something was last said in it. */
  readonly updatedAt: string;
}

/** What is to be seen of a source without opening a file. */
export interface InspectedSource {
  readonly agent: string;
  readonly name: string;
  readonly folder: string;
  readonly isThere: boolean;
  /** Whether somebody agreed to bring it in. */
  readonly isAgreed: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Files that were not seen before, and that look otherwise than they did. */
  readonly fresh: number;
  readonly changed: number;
  readonly refused: readonly Refused[];
  readonly due: Due;
  readonly gone: readonly Gone[];
  readonly look: Look | undefined;
}

export interface InspectOptions {
  readonly from?: readonly GivenSource[] | undefined;
  readonly env?: Environment | undefined;
  readonly now?: Date | undefined;
}

/**
 * Looks at the agents' folders, and at what is remembered of them: what is new, what changed, what each agent has
 * deleted and will delete. Opens none of their files and changes nothing.
 */
export async function inspectSources(
  store: SessionStore,
  options: InspectOptions = {},
): Promise<InspectedSource[]> {
  const { from = [], env = process.env, now = new Date() } = options;
  const home = syncHome(store, env);
  const state = new SyncMemory(home).read();
  const seen = await seenFiles(store, home);
  const known = { state, seen, now, walk: new Walk(ownFolders(store)), stored: new StoredTimes(store) };
  const inspected: InspectedSource[] = [];
  for (const source of sourcesOf(withAgreed(from, state), env, ownFolders(store)))
    inspected.push(await lookAt(source, known));
  return inspected;
}

/** What was given, and what was agreed to before. */
export function withAgreed(from: readonly GivenSource[], { agreed }: SyncState): GivenSource[] {
  return [...from, ...agreed.filter((one) => !from.some((other) => isSame(one, other)))];
}

interface Known {
  readonly state: SyncState;
  readonly seen: ReadonlyMap<string, SeenFile>;
  readonly now: Date;
  readonly walk: Walk;
  readonly stored: StoredTimes;
}

async function lookAt(source: Source, { state, seen, now, walk, stored }: Known): Promise<InspectedSource> {
  const { home, folder, isThere } = source;
  const named = { agent: home.agent, folder };
  const retention = home.retention?.(folder);
  const due = new DueCount(retention?.days, now);
  const found = new Set<string>();
  const refused: Refused[] = [];
  let [bytes, fresh, changed] = [0, 0, 0];
  for await (const part of walk.of(source)) {
    refused.push(...part.refused);
    for (const { path, stat } of part.files) {
      found.add(path);
      bytes += Number(stat.size);
      due.count(Number(stat.mtimeNs / 1_000_000n));
      const before = seen.get(path);
      if (before === undefined) fresh++;
      else if (!before.isSame(stat) || (await hasOtherLog(path, before))) changed++;
    }
  }
  return {
    ...{ ...named, name: home.name, isThere, isAgreed: state.agreed.some((one) => isSame(one, named)) },
    ...{ files: found.size, bytes, fresh, changed, refused, gone: await goneIn(folder, found, seen, stored) },
    due: { days: retention?.days, said: retention?.said, ...due.result },
    look: state.looks.find((one) => isSame(one, named)),
  };
}

/** What is read with a file changed, and the file itself looks as it did: a database's log. */
async function hasOtherLog(path: string, { known }: SeenFile): Promise<boolean> {
  return known.log !== undefined && known.log !== (await lookWith(path));
}

/** Files of sessions that were taken in and are not there any more, while the sessions are here. */
async function goneIn(
  folder: string,
  found: ReadonlySet<string>,
  seen: ReadonlyMap<string, SeenFile>,
  stored: StoredTimes,
): Promise<Gone[]> {
  const gone: Gone[] = [];
  for (const [path, { known }] of seen) {
    if (known.sessionId === null || known.inTrash === true || found.has(path) || !isWithin(path, folder))
      continue;
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    const updatedAt = (await stored.all()).get(known.sessionId);
    if (updatedAt !== undefined) gone.push({ path, sessionId: known.sessionId, updatedAt });
  }
  return gone.sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
}

/** When the store's sessions were last active; asked for when it is needed. */
class StoredTimes {
  readonly #store: SessionStore;
  #all: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(store: SessionStore) {
    this.#store = store;
  }

  async all(): Promise<ReadonlyMap<string, string>> {
    this.#all ??= this.#store
      .list({})
      .then(({ sessions }) => new Map(sessions.map(({ id, updatedAt }) => [id, updatedAt])));
    return await this.#all;
  }
}

/** The files that were taken in: by the ledger, or where that was removed, by what the sessions say of their files. */
async function seenFiles(store: SessionStore, home: string | undefined): Promise<Map<string, SeenFile>> {
  const ledger = home === undefined ? undefined : ImportLedger.open(ledgerIn(home) as string);
  try {
    const seen = ledger?.seen() ?? new Map<string, SeenFile>();
    if (seen.size > 0) return seen;
    for await (const { id, source } of store.sessions()) {
      if (source === "astrid") continue;
      const stored = await storedHead(store.engine, id);
      const state = stored === undefined ? undefined : importStateOf(stored.head);
      if (state === undefined || state.within !== null) continue;
      const { format, problems: problemCount, lossy } = state;
      const known = { format, sessionId: id, problemCount, lossy };
      ledger?.noteGone(state.file, known);
      seen.set(state.file, { known, isSame: () => false });
    }
    return seen;
  } finally {
    ledger?.close();
  }
}

/** Counts the files that an agent deletes soon. */
class DueCount {
  readonly #days: number | undefined;
  readonly #now: number;
  #soon = 0;
  #overdue = 0;
  #next = Infinity;

  constructor(days: number | undefined, now: Date) {
    this.#days = days;
    this.#now = now.getTime();
  }

  count(changedAt: number): void {
    if (this.#days === undefined) return;
    const at = changedAt + this.#days * DAY;
    if (at > this.#now + DUE_WITHIN_DAYS * DAY) {
      this.#next = Math.min(this.#next, at);
      return;
    }
    this.#soon++;
    if (at <= this.#now) this.#overdue++;
    else this.#next = Math.min(this.#next, at);
  }

  get result(): Pick<Due, "soon" | "overdue" | "next"> {
    const next = Number.isFinite(this.#next) ? new Date(this.#next).toISOString() : undefined;
    return { soon: this.#soon, overdue: this.#overdue, next };
  }
}
