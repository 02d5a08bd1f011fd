import { createHash, randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Commit } from "../../../session/commit.ts";
import { StorageError } from "../../../session/errors/errors.ts";
import { toStoredChanges, type HeadChanges } from "../../../session/head.ts";
import { jsonText } from "../../../session/json/json.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import { PREVIEWED, previewOf } from "../../../session/summary/summary.ts";
import { timeMs } from "../../../session/time.ts";
import { checkCommit } from "../../apply-commit.ts";
import { fingerprint } from "../../fingerprint.ts";

/** A commit made ready to be sent, as often as it takes: every try stores it under the same names. */
export interface CommitDraft {
  readonly id: SessionId;
  readonly commit: Commit;
  /** When it happened, in milliseconds since 1970; left out: when the server stores it. */
  readonly at: number | undefined;
  readonly tag: string;
  /**
   * What no two commits of a session share: from the caller's id, else of ours; tells a repetition. The tag where the
   * commit has a base, because there the revision tells it.
   */
  readonly operation: string;
  /** The caller's id, as JSON. */
  readonly operationId: string | null;
  readonly fingerprint: string | null;
  /** The fields that get a value, but for the token count. */
  readonly set: HeadChanges;
  /** The same, as JSON. */
  readonly changes: string | null;
  readonly inserted: number;
  /** The inserted messages as JSON, one a line: JSON has no line breaks of its own. */
  readonly bodies: string;
  readonly bytes: number;
  readonly checksum: number;
  readonly side: readonly SideEntry[];
  /** The preview that the inserted messages give, as JSON, and the index of the one that gives it. */
  readonly preview: { readonly text: string; readonly index: number } | undefined;
}

/** What a single value of the database can hold, with room to spare. */
const MOST_BYTES = 250 << 20;

/**
 * @throws {InvalidArgumentError | InvalidSessionError} when the commit makes no sense whatever the session is.
 * @throws {StorageError} `SESSION_TOO_LARGE`, when the messages of one commit are too long.
 */
export function draftOf(id: SessionId, commit: Commit): CommitDraft {
  const side = checkCommit(commit);
  const messages = commit.splice?.[2] ?? [];
  const tag = randomUUID();
  const texts = messages.map((message) => jsonText(message));
  const bodies = texts.join("\n");
  const bytes = Buffer.byteLength(bodies) - Math.max(texts.length - 1, 0);
  const sideBytes = side.reduce((sum, [, item]) => sum + Buffer.byteLength(jsonText(item)), 0);
  if (bytes + sideBytes > MOST_BYTES) {
    throw new StorageError(
      "SESSION_TOO_LARGE",
      `A commit of ${bytes + sideBytes} bytes is more than the postgres engine takes at once. Nothing was stored; split it.`,
      "not-stored",
    );
  }
  const { tokenCount: _, ...set } = commit.set ?? {};
  const { operationId } = commit;
  return {
    ...{ id, commit, tag, set, bodies, bytes },
    at: commit.at === undefined ? undefined : timeMs(commit.at),
    operation:
      operationId !== undefined ? digest(operationId) : commit.base === undefined ? randomUUID() : tag,
    operationId: operationId === undefined ? null : jsonText(operationId),
    fingerprint: operationId === undefined ? null : fingerprint(commit),
    changes: commit.set === undefined ? null : jsonText(toStoredChanges(set)),
    inserted: messages.length,
    checksum: checksumOf(bodies, side),
    side,
    preview: previewIn(messages),
  };
}

/** Of a commit's messages, a newline between each two, and then of each of its side items, with its list. */
export function checksumOf(bodies: string, side: readonly SideEntry[]): number {
  return side.reduce((sum, entry) => crc32(`\n${jsonText(entry)}`, sum), crc32(bodies));
}

function previewIn(messages: NonNullable<Commit["splice"]>[2]): CommitDraft["preview"] {
  for (let index = messages.length - 1; index >= Math.max(messages.length - PREVIEWED, 0); index--) {
    const message = messages[index];
    const preview = message && previewOf(message);
    if (preview !== undefined) return { text: jsonText(preview), index };
  }
  return undefined;
}

function digest(operationId: string): string {
  // A UUID to the database: any 128 bits are.
  return createHash("sha256").update(jsonText(operationId)).digest("hex").slice(0, 32);
}
