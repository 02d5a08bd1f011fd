import { CorruptSessionError, SessionNotFoundError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Verification } from "../../contract.ts";
import type { FileContext } from "../disk/file-context.ts";
import { MessagePlaces } from "../read/messages/message-places.ts";
import { isUnusual } from "../read/messages/message-stream.ts";
import type { SessionReading } from "../read/reading.ts";
import { readInto } from "../read/session-reading.ts";

/**
 * Reads everything of a session, its whole history included, and says what is wrong. Changes nothing.
 * @throws {SessionNotFoundError} when the session was removed.
 */
export async function verifySession(context: FileContext, id: SessionId): Promise<Verification> {
  try {
    const reading = await readInto(context, id, new MessagePlaces());
    try {
      return await verificationOf(id, reading);
    } finally {
      reading.files.close();
    }
  } catch (error) {
    if (!(error instanceof CorruptSessionError)) throw error;
    return { id, state: "damaged", revision: 0, messageCount: 0, findings: [sentence(error.detail)] };
  }
}

async function verificationOf(id: SessionId, reading: SessionReading<MessagePlaces>): Promise<Verification> {
  const { session, reports, scan } = reading;
  if (session === undefined) throw new SessionNotFoundError(id);
  // That someone else changed the document is nothing wrong: the next write takes it over.
  const findings = reports.filter(({ kind }) => kind !== "foreign-change").map(({ message }) => message);
  if (scan?.tornFrom !== undefined) {
    findings.push(
      "The last write is incomplete, as a crash leaves it; the next write sets it aside. Whether it had been acknowledged cannot be known.",
    );
  }
  findings.push(...(await documentFindings(reading)), ...(await historyFindings(reading)));
  return {
    id,
    state: findings.length === 0 ? "ok" : "repairable",
    revision: session.revision,
    messageCount: session.list.count,
    findings,
    ...(reading.source.journal?.isPacked === true ? { packed: true } : {}),
  };
}

async function documentFindings({ source }: SessionReading<MessagePlaces>): Promise<string[]> {
  try {
    await source.checkpoint?.check();
    return [];
  } catch (error) {
    if (!isUnusual(error)) throw error;
    return [`The checkpoint is damaged: ${(error as Error).message}.`];
  }
}

/** The part of the journal that the checkpoint covers is not needed to read the session, but it is its history. */
async function historyFindings({ source }: SessionReading<MessagePlaces>): Promise<string[]> {
  const { journal } = source;
  if (journal === undefined) return [];
  const known = journal.packedDamage;
  const { damage } = await journal.scan(journal.begin);
  if (damage !== undefined) return [`${sentence(damage.detail)} Revisions there are history that is lost.`];
  // What was known before has been reported.
  const packed = known === undefined ? journal.packedDamage : undefined;
  return packed === undefined ? [] : [sentence(packed)];
}

function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
}
