import { SessionNotFoundError } from "../../session/errors.ts";
import { Message } from "../../session/message.ts";
import { parseSessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { SessionSnapshot } from "../../store/snapshot.ts";
import { summaryAt } from "../../store/summary-at.ts";
import { MOST_CHARACTERS, readPage } from "./read-page.ts";
import type { Parameter, Tool } from "./tool.ts";

const READS = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;
const LONGEST_FIELD = 300;

const session: Parameter = { type: "string", description: "The session's id, a UUID." };
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
    "Stored conversations of AI agents, last changed first. At most 100 an answer; nextCursor goes on.",
  parameters: {
    workspace,
    title: { type: "string", description: "Only sessions whose title contains this, whatever the case." },
    since,
    limit: { type: "integer", description: "At most so many. Default: 20.", minimum: 1, maximum: 100 },
    cursor: { type: "string", description: "nextCursor of the answer before." },
  },
  required: [],
  annotations: READS,
  async call(store, args) {
    const path = args.optionalText("workspace");
    const page = await store.listPage({
      workspace: path === undefined ? undefined : { path },
      titleMatches: args.optionalText("title"),
      since: args.optionalText("since"),
      limit: args.optionalInteger("limit") ?? 20,
      cursor: args.optionalText("cursor"),
    });
    return {
      sessions: page.sessions.map((summary) => described(summary)),
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
  annotations: READS,
  async call(store, args) {
    const path = args.optionalText("workspace");
    const hits = await store.search(args.text("query"), {
      role: args.optionalText("role"),
      workspace: path === undefined ? undefined : { path },
      since: args.optionalText("since"),
      limit: args.optionalInteger("limit") ?? 20,
    });
    return {
      hits: hits.map(({ id, title, position, role, snippet, updatedAt }) => ({
        ...{ id, title: shortened(title), position, role, snippet: shortened(snippet), updatedAt },
      })),
    };
  },
};

const readSession: Tool = {
  name: "read_session",
  title: "Read a session",
  description:
    `A session's messages, oldest first: at most 100 messages and ${MOST_CHARACTERS} characters an answer. ` +
    "A message that is cut says charactersLeft; pass next.from and next.offset to go on.",
  parameters: {
    id: session,
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
  annotations: READS,
  async call(store, args) {
    using snapshot = await snapshotOf(store, args.text("id"));
    const summary = await summaryAt(store, snapshot);
    const from = args.optionalInteger("from") ?? 0;
    const first = from < 0 ? Math.max(summary.messageCount + from, 0) : from;
    const place = { from: first, offset: args.optionalInteger("offset") ?? 0 };
    return {
      session: described(summary),
      ...(await readPage(snapshot, place, args.optionalInteger("limit") ?? 20)),
    };
  },
};

const appendMessage: Tool = {
  name: "append_message",
  title: "Append a message",
  description: "Adds one message of text to the end of a stored session; it is durable when this answers.",
  parameters: {
    id: session,
    role: { type: "string", description: "Who says it.", enum: ["user", "assistant", "system"] },
    text: { type: "string", description: "What is said." },
  },
  required: ["id", "role", "text"],
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  async call(store, args) {
    const message = Message.from({ role: args.text("role"), content: args.text("text") });
    const { revision, messageCount } = await store.append(args.text("id"), [message]);
    return { revision, position: messageCount - 1 };
  },
};

const deleteSession: Tool = {
  name: "delete_session",
  title: "Delete a session",
  description: 'Moves a session to the trash, from where "astrid-sessions restore" brings it back.',
  parameters: { id: session },
  required: ["id"],
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  async call(store, args) {
    const id = parseSessionId(args.text("id"));
    return { id, deleted: await store.delete(id, { trash: true }) };
  },
};

export const READING: readonly Tool[] = [listSessions, searchSessions, readSession];
export const WRITING: readonly Tool[] = [appendMessage, deleteSession];

/** @throws {SessionNotFoundError | InvalidSessionIdError} */
export async function snapshotOf(store: SessionStore, id: string): Promise<SessionSnapshot> {
  const snapshot = await store.read(id);
  if (snapshot === undefined) throw new SessionNotFoundError(id);
  return snapshot;
}

function described(summary: SessionSummary): object {
  const { id, title, updatedAt, messageCount, workspacePath, model, parentId, lastMessagePreview } = summary;
  return {
    ...{ id, title: shortened(title), updatedAt, messageCount },
    ...{ workspace: shortened(workspacePath), model: shortened(model), parentId, lastMessagePreview },
  };
}

/** Titles and paths have no bound of their own. */
function shortened(text: string | null): string | null {
  return text === null || text.length <= LONGEST_FIELD ? text : `${text.slice(0, LONGEST_FIELD)}…`;
}
