import { CorruptSessionError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { EngineReport, Repair } from "../../contract.ts";
import { DamagedCheckpoint } from "../checkpoint/checked-body.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { FileContext } from "../disk/file-context.ts";
import { copyToQuarantine, moveToQuarantine } from "../disk/quarantine.ts";
import { Journal } from "../journal/journal.ts";
import { decodeRecord } from "../journal/record/decode-record.ts";
import { encodeHeader } from "../journal/record/encode-record.ts";
import type { JournalHeader } from "../journal/record/record.ts";
import { NO_CHECKSUM } from "../journal/record/record-line.ts";
import { newJournalKey, publishJournal } from "../journal/publish-journal.ts";
import { SessionFiles } from "../read/session-files.ts";
import { sideEntries } from "../read/side-lines.ts";
import type { Turn } from "../write/session-writer.ts";
import { intactCommits } from "./intact-records.ts";
import { RebuiltSession } from "./rebuilt-session.ts";
import type { CoveredState } from "./state-before.ts";

/**
 * Brings a session into order: whatever opening it for writing mends, that mends; a journal of which something cannot be
 * read is built anew from what can be, and the original bytes go to the quarantine.
 */
export async function repairSession(context: FileContext, id: SessionId, turn: Turn): Promise<Repair> {
  const actions: string[] = [];
  const noted = new Set<string>();
  const note = (message: string): void => {
    if (!noted.has(message)) actions.push(message);
    noted.add(message);
  };
  // A torn end may have been acknowledged: only its writer knew.
  let isEndKnown = true;
  const listening: FileContext = {
    ...context,
    report: (report: EngineReport) => {
      if (report.kind === "torn-tail") isEndKnown = false;
      note(report.message);
      context.report(report);
    },
  };
  const journal = await look(context, id);
  let why = journal.damage;
  if (why === undefined && journal.isPackedAndWell) return { id, actions, lostRevisions: 0 };
  try {
    if (why === undefined) await turn.open("thorough", listening);
  } catch (error) {
    if (!(error instanceof CorruptSessionError)) throw error;
    why = error.detail;
  }
  turn.forget();
  if (why === undefined) return { id, actions, lostRevisions: isEndKnown ? 0 : undefined };
  const lostRevisions = await salvage(listening, id, why, note);
  await turn.open("thorough", listening);
  turn.forget();
  return { id, actions, lostRevisions };
}

/** What is damaged in a session's journal, wherever; and whether it may stay packed. */
async function look(
  { disk, paths }: FileContext,
  id: SessionId,
): Promise<{ damage?: string | undefined; isPackedAndWell: boolean }> {
  const found = Journal.open(disk, paths, id, "read");
  if (found.kind !== "ok") return { isPackedAndWell: false };
  const { journal } = found;
  try {
    const damage = (await journal.scan(journal.begin)).damage?.detail;
    const isWell = journal.packedDamage === undefined && journal.headerDamage === undefined;
    // A document beside it has something to say.
    const isAlone = disk.stat(paths.checkpoint(id)) === undefined;
    return { damage, isPackedAndWell: journal.isPacked && isWell && isAlone };
  } finally {
    journal.close();
  }
}

/** Builds a session's journal anew from what of it can be read, and reports what became of it. */
export async function rebuildJournal(context: FileContext, id: SessionId, why: string): Promise<void> {
  await salvage(context, id, why, (message) => {
    context.report({ kind: "damage", sessionId: id, message });
  });
}

/** @returns how many revisions were lost; `undefined` when that cannot be known. */
async function salvage(
  context: FileContext,
  id: SessionId,
  why: string,
  note: (message: string) => void,
): Promise<number | undefined> {
  const { disk, paths } = context;
  const files = await SessionFiles.open(disk, paths, id);
  try {
    const journal = files.journal.kind === "ok" ? files.journal.journal : undefined;
    const covered =
      files.document.kind === "ours" ? await stateOf(files.document.checkpoint, journal) : undefined;
    const commits = journal === undefined ? [] : await intactCommits(journal);
    if (commits.length === 0 && covered === undefined) {
      await setAside(context, id, why);
      note("Nothing of the session could be read; all its bytes are in the quarantine.");
      return undefined;
    }
    const header = headerFor(id, journal, covered);
    const line = encodeHeader(header);
    const rebuilt = new RebuiltSession(header, header.origin + line.length);
    rebuilt.addAll(commits, covered);
    if (journal !== undefined) await copyToQuarantine(context, id, paths.journal(id), why);
    await publishJournal(context, id, [line, ...rebuilt.lines], "replace");
    // Offsets that the checkpoint names are not those of the new journal: another one takes its place.
    if (files.document.kind === "ours") await disk.remove(paths.checkpoint(id), "remove.checkpoint");
    else if (files.document.kind === "other") await moveToQuarantine(context, id, paths.checkpoint(id), why);
    await disk.syncDirectory(paths.root, "remove.sync-directory");
    // The journal may say that there was more than what can be read of it.
    const last = journal === undefined ? undefined : await lastNoted(journal);
    const behind = last === undefined ? undefined : Math.max(last - rebuilt.revision, 0);
    const isKnown = behind !== undefined && rebuilt.isLossKnown;
    const lost = isKnown ? rebuilt.lost + behind : undefined;
    note(sentenceOf(rebuilt, lost));
    return lost;
  } finally {
    files.close();
  }
}

/** The last revision that a journal speaks of at its end; `undefined` when its end cannot be read. */
async function lastNoted(journal: Journal): Promise<number | undefined> {
  let last: number | undefined;
  for await (const lines of journal.lines(journal.begin.offset)) {
    for (const { bytes, whole } of lines) {
      if (bytes.length === 0) continue;
      const record = whole ? decodeRecord(bytes) : undefined;
      if (record === undefined) last = undefined;
      else if (record.kind === "commit" || record.kind === "settled") last = record.revision;
    }
  }
  return last;
}

function sentenceOf({ revision, messageCount }: RebuiltSession, lost: number | undefined): string {
  const found = `The session was brought back to revision ${revision} with ${messageCount} messages`;
  if (lost === undefined) return `${found}; whether more revisions are lost cannot be known.`;
  if (lost === 0) return `${found}; nothing of it is lost.`;
  return `${found}; ${lost} ${lost === 1 ? "revision is" : "revisions are"} lost.`;
}

/** A header that leaves offsets as they are as long as nothing before them changes. */
function headerFor(
  id: SessionId,
  journal: Journal | undefined,
  covered: CoveredState | undefined,
): JournalHeader {
  if (journal !== undefined) return { ...journal.header, key: newJournalKey() };
  return {
    kind: "header",
    format: 0,
    session: id,
    key: newJournalKey(),
    origin: 0,
    revision: (covered?.revision ?? 1) - 1,
    checksum: NO_CHECKSUM,
    life: covered?.life ?? 1,
  };
}

/** What a checkpoint holds; `undefined` when it is damaged, or belongs to another journal. */
async function stateOf(
  checkpoint: Checkpoint,
  journal: Journal | undefined,
): Promise<CoveredState | undefined> {
  const { header, head } = checkpoint;
  const { life, revision, journalChecksum, journalKey, journalOffset, updatedAt } = header;
  const key = journal?.header.key;
  if (key !== undefined && journalKey !== undefined && key !== journalKey) return undefined;
  const position = { offset: journalOffset, life, revision, checksum: journalChecksum };
  try {
    await checkpoint.check();
    const messages = await checkpoint.messages();
    const side = await sideEntries({ checkpoint, journal: undefined }, position, position);
    return { life, revision, checksum: journalChecksum, head, messages, side, at: updatedAt };
  } catch (error) {
    if (error instanceof DamagedCheckpoint) return undefined;
    throw error;
  }
}

async function setAside(context: FileContext, id: SessionId, why: string): Promise<void> {
  const { disk, paths } = context;
  for (const path of [paths.checkpoint(id), paths.journal(id)])
    if (disk.stat(path) !== undefined) await moveToQuarantine(context, id, path, why);
}
