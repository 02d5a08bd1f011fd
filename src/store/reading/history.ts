import type { StorageEngine, StoredCommit } from "../../engine/contract.ts";
import { InvalidArgumentError, SessionNotFoundError } from "../../session/errors/errors.ts";
import {
  EMPTY_HEAD,
  FIELDS,
  holdsListedFields,
  type HeadChanges,
  type HeadField,
} from "../../session/head.ts";
import { jsonEquals } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import { sideEntries } from "../../session/side-lists.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";

/** One revision of a session, without its messages; `store.load(id, { revision })` opens it. */
export interface Revision {
  readonly revision: number;
  /** When it was stored, or happened: RFC 3339. */
  readonly at: string;
  /** The number of messages after it. */
  readonly messageCount: number;
  readonly operationId: string | undefined;
  /** Someone else changed the session's document: Astrid, an editor, another program. */
  readonly isForeign: boolean;
  /** The session was removed here, and restored by the next revision. */
  readonly isRemoval: boolean;
  /** `undefined` for what someone else changed last: no commit holds that yet. */
  readonly changed: RevisionChange | undefined;
}

/** What a revision changed. */
export interface RevisionChange {
  /** From which position on how many messages went, and how many came in their place. */
  readonly messages: { readonly start: number; readonly removed: number; readonly added: number } | undefined;
  /** Fields of the head that got another value; the token count follows from the messages and is not told. */
  readonly fields: readonly HeadField[];
  /** How many items each side list got. */
  readonly side: Readonly<Record<string, number>>;
}

/** So many revisions are looked at first; then twice as many each time. */
const FIRST = 16;

/**
 * A session's revisions, newest first. The newest ones cost nothing of the others; all of them, about two readings of
 * the history. What is stored meanwhile is not told of.
 * @throws {SessionNotFoundError} when there is no session, or it is removed meanwhile.
 */
export async function* historyOf(engine: StorageEngine, id: SessionId): AsyncGenerator<Revision> {
  const summary = await engine.summary(id);
  if (summary === undefined) throw new SessionNotFoundError(id);
  let last = summary.revision;
  let newer: Told | undefined;
  for (let size = FIRST; last > 0; size *= 2) {
    const { told, isWhole } = await readBack(engine, id, { last, newer, size });
    if (newer === undefined && told.at(-1)?.revision.revision !== last) yield foreignRevision(summary);
    for (const { revision } of told.toReversed()) yield revision;
    [newer] = told;
    if (newer === undefined || isWhole) return;
    last = newer.revision.revision - 1;
  }
}

/** What someone else wrote last, and no commit holds yet. */
function foreignRevision({ revision, updatedAt: at, messageCount }: SessionSummary): Revision {
  const none = { operationId: undefined, isRemoval: false, changed: undefined };
  return { revision, at, messageCount, isForeign: true, ...none };
}

interface Told {
  readonly tag: string;
  readonly revision: Revision;
}

/**
 * Some of the revisions up to `last`, oldest first. An engine may say all fields that a listing shows again with each
 * one that is set: a commit that does so is told together with an earlier one that did, to tell which of them differ.
 * @param newer the revision behind `last`, when that was told already.
 */
async function readBack(
  engine: StorageEngine,
  id: SessionId,
  { last, newer, size }: { last: number; newer: Told | undefined; size: number },
): Promise<{ told: Told[]; isWhole: boolean }> {
  for (; ; size *= 2) {
    const first = Math.max(last - size + 1, 1);
    let told: Told[] = [];
    let said: HeadChanges | undefined;
    let isWhole = first === 1;
    let behind: StoredCommit | undefined;
    for await (const commit of commitsFrom(engine, id, first)) {
      // Its history begins here: what was before was given up.
      if (told.length === 0 && said === undefined && commit.revision > first) isWhole = true;
      if (commit.revision > last) {
        behind = commit;
        break;
      }
      const saysAll = commit.set !== undefined && holdsListedFields(commit.set);
      const isKnown = said !== undefined || !saysAll || isWhole;
      if (isKnown) told.push(toldOf(commit, said ?? EMPTY_HEAD));
      else told = [];
      if (saysAll) said = commit.set;
    }
    // What was told last was given up meanwhile, with all before it.
    if (isWhole && told.length === 0 && behind !== undefined && behind.revision > last + 1)
      return { told, isWhole };
    // Another life has begun meanwhile, or none. A redaction gives revisions other tags, and leaves them their times.
    if (newer !== undefined && behind?.tag !== newer.tag && behind?.at !== newer.revision.at)
      throw new SessionNotFoundError(id);
    if (told.length > 0 || isWhole) return { told, isWhole };
  }
}

/** The commits from a revision on, or from where the history begins; none of a document that someone else wrote. */
async function* commitsFrom(
  engine: StorageEngine,
  id: SessionId,
  first: number,
): AsyncGenerator<StoredCommit> {
  try {
    yield* engine.commits(id, first - 1);
  } catch (error) {
    if (error instanceof InvalidArgumentError && first > 1) yield* engine.commits(id, 0);
    else if (!(error instanceof SessionNotFoundError)) throw error;
  }
}

function toldOf(commit: StoredCommit, before: HeadChanges): Told {
  const { revision, tag, at, messageCount, operationId, splice, set = {} } = commit;
  const [start = 0, removed = 0, { length: added } = []] = splice ?? [];
  const saysAll = holdsListedFields(set);
  const fields = (Object.keys(set) as HeadField[]).filter(
    (field) =>
      field !== "tokenCount" &&
      !(saysAll && FIELDS[field].listed && field in before && jsonEquals(set[field], before[field])),
  );
  const side: Record<string, number> = {};
  for (const [list] of sideEntries(commit.side)) side[list] = (side[list] ?? 0) + 1;
  return {
    tag,
    revision: {
      ...{ revision, at, messageCount, operationId },
      isForeign: commit.isForeign === true,
      isRemoval: commit.removed === true,
      changed: { messages: removed + added === 0 ? undefined : { start, removed, added }, fields, side },
    },
  };
}
