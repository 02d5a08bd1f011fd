import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { encodeCommit, encodeHeader } from "../../src/engine/file/journal/record/encode-record.ts";
import { NO_CHECKSUM } from "../../src/engine/file/journal/record/record-line.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";

/** A session of about `bytes` in one journal, written as fast as the disk takes it, of turns of 1 to 100 kB, or short ones. */
export function makeJournal(
  directory: string,
  bytes: number,
  turns: "short" | "long" = "long",
): { id: SessionId; messages: number } {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const id = newSessionId();
  const file = openSync(join(directory, `${id}.journal.jsonl`), "wx", 0o600);
  const header = encodeHeader({
    session: id,
    key: "0123456789abcdef",
    origin: 0,
    revision: 0,
    checksum: NO_CHECKSUM,
    life: 1,
  });
  const texts = Array.from({ length: 40 }, (_, index) =>
    turns === "short" ? `answer ${index}` : `turn of ${index} words. ${words(200 + index * index * 10)}`,
  );
  let written = writeSync(file, header);
  let previous = NO_CHECKSUM;
  let revision = 0;
  while (written < bytes) {
    const messages = [
      Message.user(`question ${revision}`),
      Message.assistant(texts[revision % texts.length] ?? ""),
    ];
    const { line, checksum } = encodeCommit({
      previous,
      revision: revision + 1,
      at: new Date(1.7e12 + revision).toISOString(),
      messageCount: 2 * (revision + 1),
      tokenCount: revision,
      listing: revision === 0 ? undefined : header.length,
      life: 1,
      splice: [2 * revision, 0, messages],
      set: revision === 0 ? { title: "huge", createdAt: "2026-01-01T00:00:00Z" } : undefined,
    });
    written += writeSync(file, line);
    previous = checksum;
    revision++;
  }
  closeSync(file);
  return { id, messages: 2 * revision };
}

/** So many words, some of them frequent and some of them hardly used again. */
function words(count: number): string {
  let seed = count;
  return Array.from({ length: count }, () => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed % 12 === 0 ? `rare${seed % 300_007}` : `w${((seed % 9973) * (seed % 101)) % 8191}`;
  }).join(" ");
}
