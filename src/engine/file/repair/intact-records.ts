import type { Journal } from "../journal/journal.ts";
import { decodeRecord } from "../journal/record/decode-record.ts";
import type { CommitRecord } from "../journal/record/record.ts";

/** A commit that can be read, and its line. */
export interface IntactCommit {
  readonly record: CommitRecord;
  readonly line: Buffer;
  /** Its logical offset. */
  readonly offset: number;
  /** Commits before it are missing. */
  readonly isBehindGap: boolean;
}

const OPENING = '{"crc":"';

/** Every commit of a journal that can be read, in order; of several of one revision the one that was accepted. */
export async function intactCommits(journal: Journal): Promise<IntactCommit[]> {
  const commits: IntactCommit[] = [];
  const lost = new Set<string>();
  let { life, revision, checksum } = journal.begin;
  for await (const lines of journal.lines(journal.begin.offset)) {
    for (const { bytes, offset } of lines) {
      for (const { record, line, at } of recordsIn(bytes)) {
        const isOld = record.life < life || (record.life === life && record.revision <= revision);
        if (isOld || lost.has(record.previous)) {
          lost.add(record.checksum);
          continue;
        }
        const isBehindGap = record.previous !== checksum;
        commits.push({ record, line, offset: offset + at, isBehindGap });
        ({ life, revision, checksum } = record);
      }
    }
  }
  return commits;
}

/** The commits of a line; more than one when the newline between them was lost. */
function* recordsIn(bytes: Buffer): Generator<{ record: CommitRecord; line: Buffer; at: number }> {
  const whole = decodeRecord(bytes);
  if (whole !== undefined) {
    if (whole.kind === "commit") yield { record: whole, line: bytes, at: 0 };
    return;
  }
  for (let at = bytes.indexOf(OPENING); at >= 0;) {
    const next = bytes.indexOf(OPENING, at + 1);
    for (const end of next < 0 ? [bytes.length] : [next - 1, next, bytes.length]) {
      const line = bytes.subarray(at, end);
      const record = decodeRecord(line);
      if (record?.kind === "commit") {
        yield { record, line, at };
        break;
      }
    }
    at = next;
  }
}
