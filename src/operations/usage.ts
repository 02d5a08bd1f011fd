import type { StorageEngine } from "../engine/contract.ts";
import { InvalidArgumentError } from "../session/errors/errors.ts";
import { jsonText, type Json } from "../session/json/json.ts";
import type { Message } from "../session/message.ts";
import { projectMessage } from "../session/projection/project-message.ts";
import type { SessionSummary } from "../session/summary/summary.ts";
import { countedElsewhere } from "../session/taken-over.ts";
import { WorkspaceGroups } from "./workspace-groups.ts";

/** What sessions' bytes are told by: each session, the workspace it belongs to, or the program that made it. */
export type UsageBy = "session" | "workspace" | "source";

/** What messages consist of, in bytes of UTF-8. */
export interface ContentBytes {
  /** What was said, by people and models, and system prompts. */
  readonly text: number;
  /** What models thought. */
  readonly thinking: number;
  /** Names and arguments of tool calls. */
  readonly calls: number;
  /** What tools answered; images that they gave count as attachments. */
  readonly results: number;
  /** Images and files. */
  readonly attachments: number;
  /** Names of fields, ids, parts of an unknown form. */
  readonly rest: number;
}

/** What some sessions take. */
export interface Usage {
  /** The session's id; the workspace's path, or its id where it has no path; the source. `null`: without a workspace. */
  readonly key: string | null;
  /** The session's title; absent unless told by session. */
  readonly title?: string | null;
  readonly sessionCount: number;
  /** What a fork took over from a session that is there is counted in that one. */
  readonly messageCount: number;
  /** Bytes in the store, earlier revisions and checkpoints included; search index and trash are not. */
  readonly bytes: number;
  /** What the messages of the current revisions consist of; where it was asked for. */
  readonly content?: ContentBytes;
}

/** Which usage is told, and how. */
export interface UsageQuery {
  /** Default: `session`. */
  readonly by?: UsageBy | undefined;
  /** Read every message, to tell what they consist of. Default: false. */
  readonly content?: boolean | undefined;
  /** Is called after each session that was read. */
  readonly onRead?: ((done: number, of: number) => void) | undefined;
}

/**
 * What sessions take in the store, the most first.
 * @throws {InvalidArgumentError | StorageError} and, where contents are asked for, what reading a session throws.
 */
export async function usageOf(
  engine: StorageEngine,
  sessions: AsyncIterable<SessionSummary>,
  { by = "session", content = false, onRead }: UsageQuery,
): Promise<Usage[]> {
  if (!["session", "workspace", "source"].includes(by))
    throw new InvalidArgumentError(`by must be session, workspace or source, not ${JSON.stringify(by)}.`);
  const all: SessionSummary[] = [];
  for await (const session of sessions) all.push(session);
  const ids = new Set<string>(all.map(({ id }) => id));
  const isThere = (id: string): boolean => ids.has(id);
  const found: Usage[] = [];
  let done = 0;
  for (const [key, group] of await groupsOf(all, by)) {
    let bytes: ContentBytes | undefined;
    if (content) {
      bytes = NOTHING;
      for (const session of group) {
        // One that was removed meanwhile has no content.
        const range = { from: countedElsewhere(session, isThere) };
        for await (const { message } of engine.messages(session.id, range))
          bytes = added(bytes, contentOf(message));
        onRead?.(++done, all.length);
      }
    }
    found.push({
      key,
      ...(by === "session" ? { title: group[0]?.title ?? null } : {}),
      sessionCount: group.length,
      messageCount: sum(group, (session) => session.messageCount - countedElsewhere(session, isThere)),
      bytes: sum(group, (session) => session.bytes),
      ...(bytes === undefined ? {} : { content: bytes }),
    });
  }
  return found.sort((left, right) => right.bytes - left.bytes);
}

/** The sessions with the key that they are told under. Two workspaces may have been at one path. */
async function groupsOf(
  sessions: readonly SessionSummary[],
  by: UsageBy,
): Promise<[key: string | null, group: SessionSummary[]][]> {
  if (by === "session") return sessions.map((session) => [session.id, [session]]);
  if (by === "source") return [...Map.groupBy(sessions, ({ source }) => source)];
  const workspaces = await WorkspaceGroups.of(sessions);
  const groups = Map.groupBy(sessions, (session) => workspaces.of(session));
  return [...groups].map(([workspace, group]) => {
    // Sessions are listed last changed first: where the workspace was last.
    const path = group.find(({ workspacePath }) => workspacePath !== null)?.workspacePath;
    return [workspace === undefined ? null : (path ?? group[0]?.workspaceId ?? null), group];
  });
}

const NOTHING: ContentBytes = { text: 0, thinking: 0, calls: 0, results: 0, attachments: 0, rest: 0 };

/** What a message consists of. */
function contentOf(message: Message): ContentBytes {
  const found = { ...NOTHING };
  for (const part of projectMessage(message).parts) {
    switch (part.type) {
      case "text":
        found.text += bytesOf(part.text);
        break;
      case "reasoning":
        found.thinking += bytesOf(part.text);
        break;
      case "call":
        found.calls += bytesOf(part.call.name) + bytesOf(part.call.arguments);
        break;
      case "result":
        found.results += bytesOf(part.result.text);
        for (const { size } of part.result.attachments ?? []) found.attachments += size;
        break;
      case "attachment":
        found.attachments += part.attachment.size;
        break;
      case "other":
        break;
    }
  }
  const known = found.text + found.thinking + found.calls + found.results + found.attachments;
  return { ...found, rest: Math.max(Buffer.byteLength(jsonText(message)) - known, 0) };
}

function bytesOf(value: Json): number {
  return Buffer.byteLength(typeof value === "string" ? value : jsonText(value));
}

function added(left: ContentBytes, right: ContentBytes): ContentBytes {
  return {
    text: left.text + right.text,
    thinking: left.thinking + right.thinking,
    calls: left.calls + right.calls,
    results: left.results + right.results,
    attachments: left.attachments + right.attachments,
    rest: left.rest + right.rest,
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
