import type { ListQuery } from "../../index.ts";
import { SessionNotFoundError } from "../../session/errors/errors.ts";
import { cutText } from "../../session/json/outgoing-text.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { SessionSnapshot } from "../../store/reading/snapshot.ts";
import { summaryAt } from "../../store/reading/summary-at.ts";
import { answerBytes, fitting, MOST_BYTES } from "./answer-size.ts";
import { arrayOf, HIT, INTEGER, MESSAGE, NEXT, object, SESSION, TEXT } from "./answer-schema.ts";
import { readPage } from "./read-page.ts";
import type { Parameter, Tool } from "./tool.ts";

const READS = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;
const LONGEST_FIELD = 300;
/** A cursor, and what else stands beside the list. */
const ROOM_FOR_CURSOR = 500;

export const sessionId: Parameter = { type: "string", description: "The session's id, a UUID." };
const workspace: Parameter = {
  type: "string",
  description: "Only sessions of this workspace: its absolute path.",
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
      workspace: path === undefined ? undefined : { path },
      titleMatches: args.optionalText("title"),
      source: args.optionalText("source"),
      since: args.optionalText("since"),
      includeSubagents: args.optionalFlag("includeSubagents"),
      cursor: args.optionalText("cursor"),
    };
    let page = await store.list({ ...query, limit });
    const fit = fitting(page.sessions.map(described), MOST_BYTES - ROOM_FOR_CURSOR).length;
    // The cursor is that of the last session which is told.
    if (fit < page.sessions.length) page = await store.list({ ...query, limit: fit });
    return {
      sessions: page.sessions.map(described),
      ...(page.unreadable.length === 0 ? {} : { unreadableSessions: page.unreadable.length }),
      ...(page.nextCursor === undefined ? {} : { nextCursor: page.nextCursor }),
    };
  },
};

const searchSessions: Tool = {
  name: "search_sessions",
  title: "Search sessions",
  description:
    'Messages and titles in which all of the words occur, best first: "a phrase", prefix*, code and paths work. ' +
    "At most 50 an answer, each with a snippet; read_session with from = position shows the message.",
  parameters: {
    query: { type: "string", description: "What to look for." },
    role: { type: "string", description: "Only messages of this role: user, assistant, tool, …" },
    workspace,
    since,
    limit: { type: "integer", description: "At most so many. Default: 20.", minimum: 1, maximum: 50 },
  },
  required: ["query"],
  output: object({ hits: arrayOf(HIT), hitsLeftOut: INTEGER }, ["hits"]),
  annotations: READS,
  async call(store, args) {
    const path = args.optionalText("workspace");
    const hits = await store.search(args.text("query"), {
      role: args.optionalText("role"),
      workspace: path === undefined ? undefined : { path },
      since: args.optionalText("since"),
      limit: args.optionalInteger("limit") ?? 20,
    });
    const found = hits.map(({ id, title, position, role, snippet, updatedAt }) => ({
      ...{ id, title: shortened(title), snippet: shortened(snippet), updatedAt },
      ...(position === undefined ? {} : { position }),
      ...(role === undefined ? {} : { role: shortened(role) }),
    }));
    const told = fitting(found, MOST_BYTES - ROOM_FOR_CURSOR);
    return { hits: told, ...(told.length < found.length && { hitsLeftOut: found.length - told.length }) };
  },
};

const readSession: Tool = {
  name: "read_session",
  title: "Read a session",
  description:
    `A session's messages, oldest first: at most 100 messages and ${MOST_BYTES} bytes an answer. ` +
    "A message that is cut says charactersLeft; pass next.from and next.offset to go on.",
  parameters: {
    id: sessionId,
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
    using snapshot = await snapshotOf(store, args.text("id"));
    const summary = await summaryAt(store, snapshot);
    const from = args.optionalInteger("from") ?? 0;
    const first = from < 0 ? Math.max(summary.messageCount + from, 0) : from;
    const place = { from: first, offset: args.optionalInteger("offset") ?? 0 };
    const about = described(summary);
    const limit = args.optionalInteger("limit") ?? 20;
    return { session: about, ...(await readPage(snapshot, place, limit, MOST_BYTES - answerBytes(about))) };
  },
};

/** The tools that change nothing. */
export const READING: readonly Tool[] = [listSessions, searchSessions, readSession];

/** @throws {SessionNotFoundError | InvalidSessionIdError} */
export async function snapshotOf(store: SessionStore, id: string): Promise<SessionSnapshot> {
  const snapshot = await store.read(id);
  if (snapshot === undefined) throw new SessionNotFoundError(id);
  return snapshot;
}

function described(summary: SessionSummary): object {
  const { id, title, source, updatedAt, messageCount, workspacePath, model, parentId, lastMessagePreview } =
    summary;
  return {
    ...{ id, title: shortened(title), source: shortened(source), updatedAt, messageCount },
    ...{ workspace: shortened(workspacePath), model: shortened(model), parentId, lastMessagePreview },
  };
}

/** Titles and paths have no bound of their own. */
function shortened<T extends string | null>(text: T): T | string {
  return text === null ? text : cutText(text, LONGEST_FIELD);
}
