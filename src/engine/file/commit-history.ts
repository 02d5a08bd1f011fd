import { CorruptSessionError, InvalidArgumentError, SessionNotFoundError } from "../../session/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { StoredCommit } from "../contract.ts";
import type { FileContext } from "./file-context.ts";
import { readJournalHeader, scanJournal } from "./journal-reader.ts";
import { messagesOf, setOf } from "./journal-record.ts";

/**
 * The commits of a session's journal behind revision `after`, oldest first.
 * @throws {SessionNotFoundError | CorruptSessionError}
 * @throws {InvalidArgumentError} when the journal begins behind `after`.
 */
export async function* readCommits(
  { disk, paths }: FileContext,
  id: SessionId,
  after: number,
): AsyncGenerator<StoredCommit> {
  const file = disk.openToRead(paths.journal(id));
  if (file === undefined) throw new SessionNotFoundError(id);
  try {
    const first = readJournalHeader(file);
    if (first === undefined) throw new CorruptSessionError(id, "the journal's first line cannot be read");
    const { header, length } = first;
    if (after > 0 && after < header.revision) {
      throw new InvalidArgumentError(
        `The history of session ${id} begins behind revision ${header.revision}.`,
      );
    }
    const commits: StoredCommit[] = [];
    const start = { offset: header.origin + length, revision: header.revision, checksum: header.checksum };
    const scan = await scanJournal(file, header.origin, start, (record, line) => {
      if (record.revision <= after) return;
      commits.push({
        revision: record.revision,
        tag: record.checksum,
        at: record.at,
        operationId: record.operation?.[0],
        splice: record.splice === undefined ? undefined : [...record.splice, messagesOf(line, record)],
        set: setOf(line, record),
        tokenCount: record.tokenCount,
        removed: record.removed === undefined ? undefined : true,
      });
    });
    if (scan.damage !== undefined) throw new CorruptSessionError(id, scan.damage.detail);
    yield* commits;
  } finally {
    file.close();
  }
}
