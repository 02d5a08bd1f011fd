import type { Committed } from "../../session/commit.ts";
import type { SessionHead } from "../../session/head.ts";
import { jsonText } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { sideEntries, sideLists, type SideEntry } from "../../session/side-lists.ts";
import type { Removal, StoredCommit } from "../contract.ts";
import { editedSide, type SessionEdit } from "../session-edit.ts";

/** What of a kept session an edit changes. */
export interface Editable {
  readonly head: SessionHead;
  readonly messages: readonly Message[];
  readonly side: readonly SideEntry[];
  readonly history: readonly StoredCommit[];
}

export interface EditedSession {
  readonly head: SessionHead;
  readonly messages: Message[];
  readonly side: SideEntry[];
  readonly history: StoredCommit[];
  /** Commits in which something changed. */
  readonly commits: number;
}

/** A session's history through an edit, and what it makes of the session. */
export function editedSession(kept: Editable, inTrash: boolean, edit: SessionEdit): EditedSession {
  let commits = 0;
  // The same message stands in the history and in the session: whoever finds it there finds what became of it.
  const after = new Map<Message, Message>();
  let { head } = kept;
  const history = kept.history.map((commit, index) => {
    const { revision } = commit;
    const splice = commit.splice && ([commit.splice[0], commit.splice[1]] as const);
    edit.at({ kind: "commit", revision, isFirst: index === 0, inTrash, splice });
    const { isChanged, ...edited } = editedCommit(commit, edit, after);
    if (isChanged) commits++;
    return edited;
  });
  for (const { set } of history) if (set !== undefined) head = { ...head, ...set };
  const messages = kept.messages.map((message) => after.get(message) ?? message);
  const side = history.flatMap((commit) => sideEntries(commit.side));
  return {
    head: Object.freeze({ ...head, tokenCount: kept.head.tokenCount }),
    messages,
    side,
    history,
    commits,
  };
}

function editedCommit(
  commit: StoredCommit,
  edit: SessionEdit,
  after: Map<Message, Message>,
): StoredCommit & { readonly isChanged: boolean } {
  const { set, operationId } = commit;
  const [start = 0, deleteCount = 0, inserted = []] = commit.splice ?? [];
  const messages = inserted.map((message, index) => edit.message(message, start + index));
  for (const [index, message] of inserted.entries()) after.set(message, messages[index] ?? message);
  const edited = set && edit.head(set);
  const { side, isChanged } = editedSide(edit, sideEntries(commit.side));
  const operation = operationId && edit.text(operationId);
  return {
    ...commit,
    operationId: operation,
    splice: commit.splice && [start, deleteCount, messages],
    set: edited,
    side: sideLists(side),
    isChanged:
      isChanged ||
      edited !== set ||
      operation !== operationId ||
      messages.some((message, index) => message !== inserted[index]),
  };
}

interface Operation {
  readonly fingerprint: string;
  readonly committed: Committed;
}

/** Gives a kept session its edited content, under other tags. */
export function replaceContent(
  kept: {
    tag: string;
    head: SessionHead;
    messages: Message[];
    side: SideEntry[];
    history: StoredCommit[];
    bytes: number;
    readonly operations: Map<string, Operation>;
  },
  { head, messages, side, history }: Omit<EditedSession, "commits">,
): void {
  const before = kept.history;
  kept.history = history.map((commit) => ({ ...commit, tag: crypto.randomUUID() }));
  kept.tag = kept.history.at(-1)?.tag ?? crypto.randomUUID();
  kept.head = head;
  kept.messages = messages;
  kept.side = side;
  kept.bytes = kept.history
    .flatMap(({ splice }) => splice?.[2] ?? [])
    .reduce((sum, message) => sum + Buffer.byteLength(jsonText(message)), 0);
  for (const [index, { operationId }] of before.entries()) {
    const operation = operationId === undefined ? undefined : kept.operations.get(operationId);
    const commit = kept.history[index];
    if (operationId === undefined || operation === undefined || commit?.operationId === undefined) continue;
    kept.operations.delete(operationId);
    kept.operations.set(commit.operationId, {
      ...operation,
      committed: { ...operation.committed, tag: commit.tag },
    });
  }
}

/** A session's entries in the log of removals, through an edit. @returns whether one changed. */
export function editLog(removals: Removal[], id: SessionId, edit: SessionEdit, dryRun: boolean): boolean {
  let isChanged = false;
  for (const [index, removal] of removals.entries()) {
    if (removal.id !== id) continue;
    const title = removal.title === null ? null : edit.text(removal.title);
    const [rule, reason] = [edit.text(removal.rule), edit.text(removal.reason)];
    if (title === removal.title && rule === removal.rule && reason === removal.reason) continue;
    isChanged = true;
    if (!dryRun) removals[index] = { ...removal, title, rule, reason };
  }
  return isChanged;
}
