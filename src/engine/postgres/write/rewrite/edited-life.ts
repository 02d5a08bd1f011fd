import { EMPTY_HEAD, toStoredChanges, type HeadChanges, type SessionHead } from "../../../../session/head.ts";
import { jsonText } from "../../../../session/json/json.ts";
import { parseMessage } from "../../../../session/message.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { previewOf } from "../../../../session/summary/summary.ts";
import { editedSide, type SessionEdit } from "../../../session-edit.ts";
import type { Connection } from "../../connection/connection.ts";
import { commitsOf, type CommitRow } from "../../read/commit-reader.ts";
import { sliceRuns, spliceRuns, type Runs } from "../../read/runs.ts";
import type { Tables } from "../../schema/tables.ts";
import { checksumOf } from "../commit-draft.ts";
import type { IndexState } from "./index-edit.ts";

/** A life of an id, as its row has it. */
export interface LifeRow {
  readonly life: string;
  /** 0 while it lives. */
  readonly removedMs: number;
  readonly revision: number;
  /** The first revision that there is. */
  readonly begins: number;
  readonly tag: string;
  readonly previewPosition: number | undefined;
  readonly index: IndexState;
}

/** What of a commit's row gets another value. */
export interface EditedCommit {
  readonly revision: number;
  readonly checksum: number;
  readonly bytes: number;
  readonly changes: string | null;
  readonly operationId: string | null;
}

/** What an edit changes in a life: the rows that get another content, and what follows from all. */
export interface EditedLife extends LifeRow {
  readonly head: SessionHead;
  readonly bytes: number;
  /** As JSON; `undefined`: as it is. */
  readonly preview: string | undefined;
  readonly messages: ReadonlyMap<number, string>;
  readonly items: ReadonlyMap<number, readonly [list: string, body: string]>;
  readonly commits: readonly EditedCommit[];
}

/** Gives the commits of a life to an edit. Memory: what changes, and a page of commits. */
export async function editedLife(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  row: LifeRow,
  edit: SessionEdit,
): Promise<EditedLife> {
  const { life, revision, begins, removedMs } = row;
  const messages = new Map<number, string>();
  const items = new Map<number, readonly [string, string]>();
  const commits: EditedCommit[] = [];
  let [head, runs, bytes]: [SessionHead, Runs, number] = [EMPTY_HEAD, [], 0];
  const wanted = { life, after: begins - 1, revision, checkSeals: false };
  for await (const found of commitsOf(connection, tables, id, wanted)) {
    const { revision: number, splice } = found.commit;
    const replaced = splice && ([splice[0], splice[1]] as const);
    const place = { kind: "commit", revision: number, isFirst: number === begins, splice: replaced } as const;
    edit.at({ ...place, inTrash: removedMs !== 0 });
    const edited = editedCommit(found, edit, messages, items);
    if (edited.isChanged) commits.push(edited.commit);
    bytes += edited.commit.bytes;
    head = { ...head, ...edited.set, tokenCount: found.commit.tokenCount };
    const [start = 0, deleteCount = 0] = found.commit.splice ?? [];
    if (found.commit.splice !== undefined) runs = spliceRuns(runs, start, deleteCount, found.slots);
  }
  return { ...row, head, bytes, messages, items, commits, preview: previewIn(row, runs, messages) };
}

function editedCommit(
  { commit, bodies, side, items: place, slots }: CommitRow,
  edit: SessionEdit,
  messages: Map<number, string>,
  items: Map<number, readonly [string, string]>,
): { readonly commit: EditedCommit; readonly set: HeadChanges | undefined; readonly isChanged: boolean } {
  const [start = 0, , inserted = []] = commit.splice ?? [];
  let isChanged = false;
  const after = inserted.map((message, index) => {
    const edited = edit.message(message, start + index);
    if (edited === message) return bodies[index] ?? jsonText(message);
    isChanged = true;
    const body = jsonText(edited);
    messages.set(sliceRuns(slots, index, index + 1)[0] ?? -1, body);
    return body;
  });
  const set = commit.set && edit.head(commit.set);
  const lists = editedSide(edit, side);
  for (const [index, [list, item]] of lists.side.entries()) {
    const before = side[index];
    if (list !== before?.[0] || item !== before[1])
      items.set(place.first + index, [jsonText(list), jsonText(item)]);
  }
  const operationId = commit.operationId === undefined ? undefined : edit.text(commit.operationId);
  const { tokenCount: _, ...fields } = set ?? {};
  return {
    set,
    isChanged: isChanged || set !== commit.set || lists.isChanged || operationId !== commit.operationId,
    commit: {
      revision: commit.revision,
      checksum: checksumOf(after.join("\n"), lists.side),
      bytes: after.reduce((sum, body) => sum + Buffer.byteLength(body), 0),
      changes: Object.keys(fields).length === 0 ? null : jsonText(toStoredChanges(fields)),
      operationId: operationId === undefined ? null : jsonText(operationId),
    },
  };
}

/** The preview, where the message that gives it changes. */
function previewIn(
  { previewPosition }: LifeRow,
  runs: Runs,
  messages: ReadonlyMap<number, string>,
): string | undefined {
  if (previewPosition === undefined) return undefined;
  const [slot] = sliceRuns(runs, previewPosition, previewPosition + 1);
  const body = slot === undefined ? undefined : messages.get(slot);
  const preview = body === undefined ? undefined : previewOf(parseMessage(body));
  return preview === undefined ? undefined : jsonText(preview);
}
