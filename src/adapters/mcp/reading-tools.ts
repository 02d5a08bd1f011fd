import { found, listed, read } from "../../faces/bounded/answers.ts";
import { SENT_BYTES } from "../../faces/bounded/measure.ts";
import { searchQuery } from "../../faces/query.ts";
import { parseReference, readFrom } from "../../faces/reference.ts";
import type { ListQuery } from "../../index.ts";
import { InvalidArgumentError, SessionNotFoundError } from "../../session/errors/errors.ts";
import { parseSessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { SessionSnapshot } from "../../store/reading/snapshot.ts";
import { arrayOf, HIT, INTEGER, MESSAGE, NEXT, NEXT_FINDS, object, SESSION, TEXT } from "./answer-schema.ts";
import type { Parameter, Tool } from "./tool.ts";

const READS = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;

/**
 * An answer takes no more bytes than this as the text that a client gets, whatever is stored. It goes out twice, as text
 * and as `structuredContent`.
 */
export const MOST_BYTES = 40_000;
const BOUNDS = { most: MOST_BYTES, measure: SENT_BYTES };

export const sessionId: Parameter = { type: "string", description: "The session's id, a UUID." };
const workspace: Parameter = {
  type: "string",
  description:
    "Only sessions of the workspace that this absolute path is in: its folders and git work trees.",
};
const since: Parameter = {
  type: "string",
  description: "Only sessions changed at or after this time (RFC 3339).",
};

const listSessions: Tool = {
  name: "list_sessions",
  title: "List sessions",
  description:
    "Stored conversations of AI agents, last changed first. At most 100 an answer, fewer when they are large; " +
    "nextCursor goes on.",
  parameters: {
    workspace,
    title: { type: "string", description: "Only sessions whose title contains this, whatever the case." },
    source: {
      type: "string",
      description: "Only sessions that this made: astrid, claude-code, langgraph, …",
    },
    since,
    includeSubagents: { type: "boolean", description: "Sessions of sub-agents too. Default: true." },
    limit: { type: "integer", description: "At most so many. Default: 20.", minimum: 1, maximum: 100 },
    cursor: { type: "string", description: "nextCursor of the answer before." },
  },
  required: [],
  output: object({ sessions: arrayOf(SESSION), unreadableSessions: INTEGER, nextCursor: TEXT }, ["sessions"]),
  annotations: READS,
  async call(store, args) {
    const path = args.optionalText("workspace");
    const limit = args.optionalInteger("limit") ?? 20;
    const query: ListQuery = {
      workspace: path === undefined ? undefined : await store.workspaceAt(path),
      titleMatches: args.optionalText("title"),
      source: args.optionalText("source"),
      since: args.optionalText("since"),
      includeSubagents: args.optionalFlag("includeSubagents"),
      cursor: args.optionalText("cursor"),
    };
    return await listed((most) => store.list({ ...query, limit: most }), limit, BOUNDS);
  },
};

const searchSessions: Tool = {
  name: "search_sessions",
  title: "Search sessions",
  description:
    'Messages and titles in which all of the words occur, best first: "a phrase", prefix*, code and paths work. ' +
    "What narrows may stand among the words: agent:claude dir:backend tag:work tool:bash role:user date:<2d; " +
    'a minus in front means without: -word -"a phrase" -agent:codex. ' +
    "At most 50 an answer, each with a snippet; read_session with id = reference shows the message.",
  parameters: {
    query: { type: "string", description: "What to look for." },
    role: { type: "string", description: "Only messages of this role: user, assistant, tool, …" },
    workspace,
    since,
    limit: { type: "integer", description: "At most so many. Default: 20.", minimum: 1, maximum: 50 },
    skip: { type: "integer", description: "So many of the best are passed over. Default: 0.", minimum: 0 },
  },
  required: ["query"],
  output: object({ hits: arrayOf(HIT), hitsLeftOut: INTEGER, next: NEXT_FINDS }, ["hits"]),
  annotations: READS,
  async call(store, args) {
    const path = args.optionalText("workspace");
    const { text, problems, ...narrowed } = searchQuery(args.text("query"), new Date());
    if (problems.length > 0) throw new InvalidArgumentError(problems.join(" "));
    const query = {
      ...narrowed,
      role: args.optionalText("role") ?? narrowed.role,
      workspace: path === undefined ? undefined : await store.workspaceAt(path),
      since: args.optionalText("since") ?? narrowed.since,
      limit: args.optionalInteger("limit") ?? 20,
    };
    return await found(store, text, query, args.optionalInteger("skip") ?? 0, BOUNDS);
  },
};

const readSession: Tool = {
  name: "read_session",
  title: "Read a session",
  description:
    `A session's messages, oldest first: at most 100 messages and ${MOST_BYTES} bytes an answer. ` +
    "A message that is cut says charactersLeft; pass what next has to go on.",
  parameters: {
    id: {
      type: "string",
      description: "The session's id, a UUID; or the reference of a message, from which it is read on.",
    },
    from: {
      type: "integer",
      description:
        "The first message, counted from 0; below 0 counted from the end (-10: the last ten). Default: 0.",
    },
    offset: {
      type: "integer",
      description: "So many characters of the first message are skipped. Default: 0.",
      minimum: 0,
    },
    revision: {
      type: "integer",
      description: "The revision that from is counted in, as next says it. Default: the current one.",
      minimum: 1,
    },
    limit: {
      type: "integer",
      description: "At most so many messages. Default: 20.",
      minimum: 1,
      maximum: 100,
    },
  },
  required: ["id"],
  output: object({ session: SESSION, messages: arrayOf(MESSAGE), next: NEXT }, ["session", "messages"]),
  annotations: READS,
  async call(store, args) {
    const { session, ...named } = parseReference(args.text("id"));
    const from = args.optionalInteger("from") ?? named.position ?? 0;
    const revision = args.optionalInteger("revision") ?? named.revision;
    using snapshot = await snapshotOf(store, session, { position: Math.max(from, 0), revision });
    const first = from < 0 ? Math.max(snapshot.messageCount + from, 0) : from;
    const place = { from: first, offset: args.optionalInteger("offset") ?? 0 };
    return await read(store, snapshot, place, { limit: args.optionalInteger("limit") ?? 20, ...BOUNDS });
  },
};

/** The tools that change nothing. */
export const READING: readonly Tool[] = [listSessions, searchSessions, readSession];

/** @throws {SessionNotFoundError | InvalidSessionIdError | InvalidArgumentError} */
export async function snapshotOf(
  store: SessionStore,
  id: string,
  at: Parameters<typeof readFrom>[2] = { position: undefined, revision: undefined },
): Promise<SessionSnapshot> {
  const snapshot = await readFrom(store, parseSessionId(id), at);
  if (snapshot === undefined) throw new SessionNotFoundError(id);
  return snapshot;
}
