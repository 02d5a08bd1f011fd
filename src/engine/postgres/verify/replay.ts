import { CorruptSessionError } from "../../../session/errors/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import { jsonText } from "../../../session/json/json.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { PREVIEWED, previewOf } from "../../../session/summary/summary.ts";
import type { Connection } from "../connection/connection.ts";
import { commitsOf } from "../read/commit-reader.ts";
import { messageIn, readBatch, type Layout } from "../read/message-reader.ts";
import { lengthOfRuns, sliceRuns, spliceRuns, type Runs } from "../read/runs.ts";
import type { Tables } from "../schema/tables.ts";
import { checksumOf } from "../write/commit-draft.ts";

/** What a session's commits make of it: everything that its other rows say again, in a form that is quick to read. */
export interface Replayed {
  readonly revision: number;
  readonly tag: string;
  /** When the last commit was made, in milliseconds since 1970. */
  readonly ms: number;
  readonly nextSlot: number;
  readonly nextItem: number;
  readonly runs: Runs;
  readonly messageCount: number;
  readonly bytes: number;
  readonly head: SessionHead;
  /** As JSON, and the position of the message that gives it. */
  readonly preview: { readonly text: string; readonly position: number } | undefined;
}

/**
 * Goes through all commits of a session, with every message.
 * @param note called with a sentence for each commit that was changed after it was stored.
 * @throws {CorruptSessionError} when something is missing or cannot be read.
 */
export async function replay(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  { life, begins, revision }: Pick<Layout, "life" | "begins" | "revision">,
  note: (sentence: string) => void,
): Promise<Replayed> {
  let [runs, head, tag, ms]: [Runs, SessionHead, string, number] = [[], EMPTY_HEAD, "", 0];
  let [nextSlot, nextItem, bytes] = [0, 0, 0];
  const wanted = { life, after: begins - 1, revision, checkSeals: true };
  for await (const row of commitsOf(connection, tables, id, wanted)) {
    const { commit, bodies, side, items } = row;
    const which = `revision ${commit.revision}`;
    // Where the history before was given up, slots went with it.
    if (commit.revision === begins && begins > 1) nextSlot = row.firstSlot;
    const written = bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);
    if (checksumOf(bodies.join("\n"), side) !== row.checksum)
      note(`The messages or side items of ${which} were changed.`);
    if (!row.isSealed) note(`The commit of ${which} (its time, place or size) was changed.`);
    else if (row.bytes !== written || (bodies.length > 0 && row.firstSlot !== nextSlot))
      note(`The commit of ${which} says something else of its messages than is there.`);
    if (commit.splice !== undefined) {
      const [start, deleteCount] = commit.splice;
      runs = spliceRuns(runs, start, deleteCount, row.slots);
    }
    if (lengthOfRuns(runs) !== row.messageCount)
      note(`The commit of ${which} has another number of messages than noted.`);
    nextSlot += bodies.length;
    nextItem += items.count;
    bytes += written;
    head = { ...head, ...commit.set, tokenCount: commit.tokenCount };
    ({ tag } = commit);
    ({ ms } = row);
  }
  const preview = await lastPreview(connection, tables, id, life, runs);
  const messageCount = lengthOfRuns(runs);
  return { revision, tag, ms, nextSlot, nextItem, runs, messageCount, bytes, head, preview };
}

async function lastPreview(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  life: string,
  runs: Runs,
): Promise<Replayed["preview"]> {
  const count = lengthOfRuns(runs);
  for (let end = count; end > Math.max(count - PREVIEWED, 0);) {
    const some = sliceRuns(runs, Math.max(count - PREVIEWED, 0), end);
    const bodies = await connection.read(`verify session ${id}`, (attempt) =>
      readBatch(attempt, tables, life, some, true),
    );
    if (bodies.length === 0) throw new CorruptSessionError(id, `message ${end - 1} is missing`);
    for (const body of bodies) {
      end--;
      const preview = previewOf(messageIn(id, end, body));
      if (preview !== undefined) return { text: jsonText(preview), position: end };
    }
  }
  return undefined;
}
