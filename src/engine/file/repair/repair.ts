import { CorruptSessionError } from "../../../session/errors.ts";
import { headFromDocument, InvalidDocumentError } from "../../../session/document.ts";
import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import type { Json } from "../../../session/json.ts";
import { parsedMessage, type Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import type { EngineReport, Repair, Verification } from "../../contract.ts";
import { CLOSING, OWN_KEYS, readCheckpoint, readCheckpointHeader } from "../checkpoint/checkpoint-reader.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { readLines } from "../disk/file-lines.ts";
import { readJournalHeader, scanJournal, type JournalPosition } from "../journal/journal-reader.ts";
import { decodeRecord, messagesOf, NO_CHECKSUM, setOf, sideOf } from "../journal/journal-record.ts";
import { journalFrom, publishJournal } from "../journal/publish-journal.ts";
import { copyToQuarantine, moveToQuarantine } from "../disk/quarantine.ts";
import { openSession } from "../write/session-opener.ts";
import { insert } from "../read/journal-replay.ts";
import { readSession } from "../read/session-reader.ts";
import { readSideEntries } from "../read/side-reader.ts";

/** Reads everything of a session, its whole history included, and says what is wrong. Changes nothing. */
export async function verifySession(context: FileContext, id: SessionId): Promise<Verification> {
  const { disk, paths } = context;
  const findings: string[] = [];
  try {
    const reading = await readSession(disk, paths, id);
    findings.push(...reading.reports.map(({ message }) => message));
    const tornFrom = reading.scan?.tornFrom;
    if (tornFrom !== undefined) {
      findings.push(
        "The last write was cut short and had not been acknowledged; the next write sets it aside.",
      );
    }
    findings.push(...(await historyFindings(context, id)));
    const { session } = reading;
    const left = reading.gone === "removed" ? ["The session was removed; some of its files are left."] : [];
    return {
      id,
      state: findings.length + left.length === 0 ? "ok" : "repairable",
      revision: session?.revision ?? 0,
      messageCount: session?.messages.length ?? 0,
      findings: [...findings, ...left],
    };
  } catch (error) {
    if (!(error instanceof CorruptSessionError)) throw error;
    return {
      id,
      state: "damaged",
      revision: 0,
      messageCount: 0,
      findings: [...findings, sentence(error.detail)],
    };
  }
}

/** The part of the journal that the checkpoint covers is not needed to read the session, but it is its history. */
async function historyFindings({ disk, paths }: FileContext, id: SessionId): Promise<string[]> {
  if (disk.stat(paths.journal(id))?.kind !== "file") return [];
  const file = disk.openToRead(paths.journal(id));
  const first = file === undefined ? undefined : readJournalHeader(file);
  try {
    if (file === undefined || first === undefined) return [];
    const { header, length } = first;
    const start = { offset: header.origin + length, revision: header.revision, checksum: header.checksum };
    const scan = await scanJournal(file, header.origin, start, () => undefined);
    return scan.damage === undefined
      ? []
      : [`${sentence(scan.damage.detail)} The revisions behind it are history that is lost.`];
  } finally {
    file?.close();
  }
}

/**
 * Brings a session into order: whatever `openSession` mends, it mends; a session that cannot be read is brought back
 * from what can be, and the original bytes go to the quarantine. The caller holds the session's lock.
 */
export async function repairSession(context: FileContext, id: SessionId): Promise<Repair> {
  const actions: string[] = [];
  const listening: FileContext = {
    ...context,
    report: (report: EngineReport) => {
      actions.push(report.message);
      context.report(report);
    },
  };
  try {
    const open = await openSession(listening, id, true);
    open?.file.close();
    return { id, actions, lostRevisions: 0 };
  } catch (error) {
    if (!(error instanceof CorruptSessionError)) throw error;
    const lostRevisions = await salvage(listening, id, error.detail, actions);
    return { id, actions, lostRevisions };
  }
}

interface Salvaged {
  readonly position: JournalPosition;
  readonly head: SessionHead;
  readonly messages: Message[];
  readonly side: SideEntry[];
  readonly at: string;
}

async function salvage(context: FileContext, id: SessionId, why: string, actions: string[]): Promise<number> {
  const { disk, paths } = context;
  const fromCheckpoint = await withFile(context, paths.checkpoint(id), (file) => checkpointState(file, id));
  const fromJournal = await withFile(context, paths.journal(id), (file) => journalState(file));
  const candidates = [fromJournal?.state, fromCheckpoint].filter((state) => state !== undefined);
  const best = candidates.sort((left, right) => right.position.revision - left.position.revision)[0];
  if (disk.stat(paths.checkpoint(id)) !== undefined) {
    if (best === undefined) await moveToQuarantine(context, id, paths.checkpoint(id), why);
    else await copyToQuarantine(context, id, paths.checkpoint(id), why);
  }
  if (best === undefined) {
    if (disk.stat(paths.journal(id)) !== undefined)
      await moveToQuarantine(context, id, paths.journal(id), why);
    actions.push("Nothing of the session could be read; all its bytes are in the quarantine.");
    return 0;
  }
  const seen = Math.max(fromJournal?.lastRevision ?? 0, best.position.revision);
  const later = (fromJournal?.later ?? []).filter(({ revision }) => revision > best.position.revision);
  const messages = [...best.messages];
  const side = [...best.side];
  for (const { messages: found, side: added } of later) {
    insert(messages, messages.length, 0, found);
    side.push(...added);
  }
  const position = {
    ...best.position,
    revision: Math.max(seen, 1),
    checksum: freshChecksum(best.position.checksum),
  };
  if (disk.stat(paths.journal(id)) !== undefined) await copyToQuarantine(context, id, paths.journal(id), why);
  const restated = (offset: number): Buffer[] =>
    journalFrom(id, { ...position, offset }, { head: best.head, messages, side }, best.at);
  const size = restated(position.offset).reduce((sum, line) => sum + line.length, 0);
  // It begins behind what the checkpoint covers, which else would count instead of what is restated here.
  await publishJournal(context, id, restated(position.offset + 2 * size), "replace");
  const lost = seen - best.position.revision - later.length;
  const open = await openSession(context, id);
  open?.file.close();
  actions.push(
    `The session was brought back to revision ${best.position.revision}` +
      (later.length > 0 ? `, and the messages of ${later.length} later revisions were added behind it` : "") +
      (lost > 0 ? `; ${lost} ${lost === 1 ? "revision is" : "revisions are"} lost.` : "."),
  );
  return lost;
}

/** The restated revision must not be taken for the one that it replaces. */
function freshChecksum(checksum: string): string {
  return checksum === NO_CHECKSUM
    ? "00000001"
    : ((Number.parseInt(checksum, 16) ^ 0x5a5a5a5a) >>> 0).toString(16).padStart(8, "0");
}

async function checkpointState(file: DiskFile, id: SessionId): Promise<Salvaged | undefined> {
  const found = await readCheckpoint(file, id);
  if (found.kind === "ours") {
    const { journalOffset, revision, journalChecksum, updatedAt } = found.header;
    const position = { offset: journalOffset, revision, checksum: journalChecksum };
    const side = await readSideEntries({ file, header: found.header });
    return { position, head: found.head, messages: found.messages, side, at: updatedAt };
  }
  if (found.kind === "foreign") {
    const position = { offset: 0, revision: found.revision, checksum: NO_CHECKSUM };
    const side = [...found.side];
    return { position, head: found.head, messages: found.messages, side, at: found.head.createdAt };
  }
  return await headOfBrokenCheckpoint(file, id);
}

/** Our checkpoint with damage among its messages: those before it. */
async function headOfBrokenCheckpoint(file: DiskFile, id: SessionId): Promise<Salvaged | undefined> {
  const header = readCheckpointHeader(file);
  if (header?.id !== id) return undefined;
  let head: SessionHead;
  try {
    head = headFromDocument(header.document, OWN_KEYS);
  } catch (error) {
    if (error instanceof InvalidDocumentError) return undefined;
    throw error;
  }
  const messages: Message[] = [];
  const position = {
    offset: header.journalOffset,
    revision: header.revision,
    checksum: header.journalChecksum,
  };
  const side = await readSideEntries({ file, header });
  const state = { position, head, messages, side, at: header.updatedAt };
  for await (const lines of readLines(file, header.messagesAt)) {
    for (const { bytes } of lines) {
      const text = bytes.toString("utf8").replace(/,$/, "");
      if (text === CLOSING.charAt(0)) return state;
      try {
        messages.push(parsedMessage(JSON.parse(text) as Json));
      } catch {
        return state;
      }
    }
  }
  return state;
}

interface JournalSalvage {
  readonly state: Salvaged | undefined;
  /** Records behind the damage: what they spliced in. */
  readonly later: {
    readonly revision: number;
    readonly messages: readonly Message[];
    readonly side: readonly SideEntry[];
  }[];
  readonly lastRevision: number;
}

async function journalState(file: DiskFile): Promise<JournalSalvage> {
  const first = readJournalHeader(file);
  const origin = first?.header.origin ?? 0;
  let head: SessionHead = EMPTY_HEAD;
  let at = "";
  const messages: Message[] = [];
  const side: SideEntry[] = [];
  let end = 0;
  let state: Salvaged | undefined;
  if (first !== undefined) {
    const { header, length } = first;
    const start = { offset: origin + length, revision: header.revision, checksum: header.checksum };
    const scan = await scanJournal(file, origin, start, (record, line) => {
      if (record.splice !== undefined)
        insert(messages, record.splice[0], record.splice[1], messagesOf(line, record));
      side.push(...sideOf(line, record));
      head = { ...head, ...setOf(line, record), tokenCount: record.tokenCount };
      at = record.at;
    });
    end = scan.position.offset - origin;
    if (scan.last !== undefined) state = { position: scan.position, head, messages, side, at };
  }
  const later: JournalSalvage["later"] = [];
  const reached = state?.position.revision ?? 0;
  for await (const lines of readLines(file, end)) {
    for (const { bytes, whole } of lines) {
      const record = whole ? decodeRecord(bytes) : undefined;
      if (record?.kind !== "commit" || record.revision <= Math.max(reached, later.at(-1)?.revision ?? 0))
        continue;
      later.push({
        revision: record.revision,
        messages: messagesOf(bytes, record),
        side: sideOf(bytes, record),
      });
    }
  }
  return { state, later, lastRevision: later.at(-1)?.revision ?? reached };
}

async function withFile<T>(
  { disk }: FileContext,
  path: string,
  work: (file: DiskFile) => Promise<T | undefined>,
): Promise<T | undefined> {
  if (disk.stat(path)?.kind !== "file") return undefined;
  const file = disk.openToRead(path);
  if (file === undefined) return undefined;
  try {
    return await work(file);
  } finally {
    file.close();
  }
}

function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
}
