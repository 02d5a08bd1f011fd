import { CorruptSessionError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Rewritten, SessionEdit } from "../../session-edit.ts";
import type { FileContext } from "../disk/file-context.ts";
import { Journal } from "../journal/journal.ts";
import { MessagePlaces } from "../read/messages/message-places.ts";
import { readInto } from "../read/session-reading.ts";
import { editedCommits } from "./edited-commits.ts";
import { foldersToGiveUp, isInTemporary, isLeftInTemporary } from "./files-set-aside.ts";
import { rewriteLog } from "./rewritten-log.ts";

/**
 * Gives everything that a rewriting would look at to an edit, and changes nothing. Takes no lock.
 * @returns `undefined` when there is nothing of the session.
 * @throws {CorruptSessionError}
 */
export async function lookThrough(
  context: FileContext,
  id: SessionId,
  edit: SessionEdit,
): Promise<Rewritten | undefined> {
  const { disk, paths } = context;
  edit.begin();
  const reading = await readInto(context, id, new MessagePlaces());
  const { session, foreign } = reading;
  reading.files.close();
  let commits = 0;
  let mayBeUnfinished = isInTemporary(context, id);
  const found = Journal.open(disk, paths, id, "read");
  if (found.kind === "ok") {
    try {
      if (found.journal.header.replaces !== undefined) mayBeUnfinished = true;
      commits = await lookIn(found.journal, id, edit);
    } finally {
      found.journal.close();
    }
  }
  if (foreign !== undefined) {
    edit.at({ kind: "document" });
    const { head, messages, side } = foreign.document;
    let isChanged = edit.head(head) !== head;
    for (const [position, message] of messages.entries())
      if (edit.message(message, position) !== message) isChanged = true;
    for (const [list, item] of side) if (edit.item(list, item) !== item) isChanged = true;
    if (isChanged) commits++;
  }
  const files = await foldersToGiveUp(context, id, edit);
  const isLogged = await rewriteLog(context, id, edit, true);
  const isLeft = await isLeftInTemporary(context, id, edit);
  if (found.kind === "absent" && session === undefined && files.length === 0) return undefined;
  return {
    revision: session?.revision ?? 0,
    commits,
    files,
    isChanged: commits > 0 || files.length > 0 || isLogged || isLeft,
    mayBeUnfinished,
  };
}

async function lookIn(journal: Journal, id: SessionId, edit: SessionEdit): Promise<number> {
  const commits = editedCommits(journal, edit);
  let changed = 0;
  for (;;) {
    const next = await commits.next();
    if (next.done !== true) {
      if (next.value.isChanged) changed++;
    } else if (next.value.damage !== undefined) {
      throw new CorruptSessionError(id, next.value.damage.detail);
    } else {
      return changed;
    }
  }
}
