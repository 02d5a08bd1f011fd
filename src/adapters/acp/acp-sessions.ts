import type {
  AgentApp,
  ListSessionsResponse,
  PromptRequest,
  SessionCapabilities,
  SessionNotification,
  SessionUpdate,
} from "@agentclientprotocol/sdk";
import type * as unstable from "@agentclientprotocol/sdk/unstable";
import { isAbsolute } from "node:path";
import { AgentSession } from "../../session/agent-session.ts";
import type { Committed } from "../../session/commit.ts";
import { InvalidArgumentError, SessionNotFoundError } from "../../session/errors/errors.ts";
import { Message } from "../../session/message.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import { cutText, wellFormed } from "../../session/json/outgoing-text.ts";
import { isArchived } from "../../session/summary/marks.ts";
import { labelOf, type SessionSummary } from "../../session/summary/summary.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { Organized } from "../../operations/organize.ts";
import { checkPeer, loadPeer } from "../load-peer.ts";
import { Replay } from "./replay.ts";

/** What a handler uses of the SDK's context. */
interface Request<Params> {
  readonly params: Params;
}

interface Replaying<Params> extends Request<Params> {
  readonly client: { notify(method: "session/update", update: SessionNotification): Promise<void> };
}

interface OfSession {
  readonly sessionId: string;
}

interface InDirectory extends OfSession {
  readonly cwd: string;
}

/** An answer without content. */
type Done = Record<string, never>;

const PAGE = 50;
const LONGEST_TITLE = 300;

/**
 * The Agent Client Protocol's sessions on a store.
 *
 * @throws {PeerVersionError} when a version of the SDK is installed that this does not work with.
 * @example
 * const sessions = acpSessions(await SessionStore.open());
 * sessions.register(agent({ name: "my-agent" }))
 *   .onRequest("initialize", ({ params }) => ({
 *     protocolVersion: params.protocolVersion,
 *     agentCapabilities: { loadSession: true, sessionCapabilities: sessions.capabilities },
 *   }));
 */
export function acpSessions(store: SessionStore): AcpSessions {
  checkPeer("@agentclientprotocol/sdk");
  return new AcpSessions(store);
}

/**
 * Handlers of `session/…` requests; each may be registered by itself. What a client was told is stored is durable. A
 * session that is not there is the protocol's -32002 (`delete` succeeds), a wrong parameter its -32602.
 */
export class AcpSessions {
  readonly #store: SessionStore;

  /** Use `acpSessions`. */
  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** For the answer to `initialize`, besides `loadSession: true`. */
  readonly capabilities: SessionCapabilities = { list: {}, delete: {}, resume: {}, close: {} };

  /** The same for an app of the SDK's `/unstable` entry point. */
  readonly unstableCapabilities: unstable.SessionCapabilities = {
    ...{ list: {}, delete: {}, resume: {}, close: {} },
    ...{ fork: {}, archive: {}, title: {} },
  };

  /** Registers `session/new`, `load`, `resume`, `list`, `delete` and `close`; returns the app. */
  register(app: AgentApp): AgentApp {
    return app
      .onRequest("session/new", this.new)
      .onRequest("session/load", this.load)
      .onRequest("session/resume", this.resume)
      .onRequest("session/list", this.list)
      .onRequest("session/delete", this.delete)
      .onRequest("session/close", this.close);
  }

  /** The same for an app of `/unstable`, with `session/fork`, `set_title`, `archive` and `unarchive` besides. */
  registerUnstable(app: unstable.AgentApp): unstable.AgentApp {
    return app
      .onRequest("session/new", this.new)
      .onRequest("session/load", this.load)
      .onRequest("session/resume", this.resume)
      .onRequest("session/list", this.list)
      .onRequest("session/delete", this.delete)
      .onRequest("session/close", this.close)
      .onRequest("session/fork", this.fork)
      .onRequest("session/set_title", this.setTitle)
      .onRequest("session/archive", this.archive)
      .onRequest("session/unarchive", this.unarchive);
  }

  /**
   * Stores the user's prompt, its content blocks to the letter: call it first in `session/prompt`. What the agent
   * answers it stores itself, with `store.append`.
   */
  readonly storePrompt = async ({ sessionId, prompt }: PromptRequest): Promise<Committed> => {
    const { id } = await this.#summary(sessionId);
    return await this.#store.append(id, [Message.from({ role: "user", content: prompt })]);
  };

  readonly new = async ({ params }: Request<{ readonly cwd: string }>): Promise<OfSession> => {
    await checkDirectory(params.cwd);
    const session = new AgentSession({ workspacePath: params.cwd, metadata: { custom: { source: "acp" } } });
    await this.#store.save(session);
    return { sessionId: session.id };
  };

  /** Tells the client the whole conversation, message by message, and then answers. Memory: a message. */
  readonly load = async ({ params, client }: Replaying<InDirectory>): Promise<Done> => {
    const { sessionId } = params;
    await checkDirectory(params.cwd);
    using snapshot = isSessionId(sessionId) ? await this.#store.read(sessionId) : undefined;
    if (snapshot === undefined) return await notFound(sessionId);
    const replay = new Replay();
    const tell = async (updates: readonly SessionUpdate[]): Promise<void> => {
      for (const update of updates) await client.notify("session/update", { sessionId, update });
    };
    for await (const stored of snapshot.messages()) await tell(replay.updatesOf(stored));
    await tell(replay.end());
    return {};
  };

  readonly resume = async ({ params }: Request<InDirectory>): Promise<Done> => {
    await checkDirectory(params.cwd);
    await this.#summary(params.sessionId);
    return {};
  };

  /** Last changed first, 50 a page; a page without archived sessions may be shorter. Sub-agents' are left out. */
  readonly list = async ({
    params,
  }: Request<unstable.ListSessionsRequest>): Promise<ListSessionsResponse> => {
    const { cwd, cursor, archived = "exclude" } = params;
    if (typeof cwd === "string") await checkDirectory(cwd);
    const workspace = typeof cwd === "string" ? await this.#store.workspaceAt(cwd) : undefined;
    const page = await this.#store
      .list({
        workspace,
        cursor: cursor ?? undefined,
        limit: PAGE,
        includeSubagents: false,
        archived: archived === "include" ? undefined : archived === "only",
      })
      .catch((error: unknown) => wrongParameter(error));
    return { sessions: page.sessions.map((summary) => infoOf(summary)), nextCursor: page.nextCursor ?? null };
  };

  /** Into the trash, where the engine has one. */
  readonly delete = async ({ params: { sessionId } }: Request<OfSession>): Promise<Done> => {
    const { trash } = this.#store.engine.capabilities;
    if (isSessionId(sessionId)) await this.#store.delete(sessionId, { trash });
    return {};
  };

  /** Everything is stored already. */
  readonly close = async (_: Request<OfSession>): Promise<Done> => ({});

  readonly fork = async ({ params: { sessionId, cwd } }: Request<InDirectory>): Promise<OfSession> => {
    await checkDirectory(cwd);
    const { id } = await this.#summary(sessionId);
    const fork = await this.#store.fork(id);
    fork.workspacePath = cwd;
    await this.#store.save(fork);
    return { sessionId: fork.id };
  };

  readonly setTitle = async ({
    params,
  }: Request<unstable.SetSessionTitleRequest>): Promise<{ title: string }> => {
    const title = params.title.trim();
    if (title === "") return await invalid("The title is empty.");
    await this.#organize(params.sessionId, { title });
    return { title };
  };

  readonly archive = async ({ params }: Request<OfSession>): Promise<Done> => {
    return await this.#organize(params.sessionId, { archived: true });
  };

  readonly unarchive = async ({ params }: Request<OfSession>): Promise<Done> => {
    return await this.#organize(params.sessionId, { archived: false });
  };

  async #organize(sessionId: string, changes: Organized): Promise<Done> {
    const { id } = await this.#summary(sessionId);
    await this.#store.organize(id, changes);
    return {};
  }

  async #summary(sessionId: string): Promise<SessionSummary> {
    const summary = isSessionId(sessionId) ? await this.#store.summary(sessionId) : undefined;
    return summary ?? (await notFound(sessionId));
  }
}

/** A session without a directory of its own is told with the root, the protocol demands one; without a title by its end. */
function infoOf(summary: SessionSummary): unstable.SessionInfo & { sessionId: SessionId } {
  const { id, workspacePath, updatedAt } = summary;
  const archived = isArchived(summary) ? { archived: true } : {};
  const title = cutText(labelOf(summary), LONGEST_TITLE);
  return wellFormed({ sessionId: id, cwd: workspacePath ?? "/", title, updatedAt, ...archived });
}

async function checkDirectory(cwd: string): Promise<void> {
  if (!isAbsolute(cwd)) await invalid(`cwd must be an absolute path, not ${JSON.stringify(cwd)}.`);
}

async function notFound(sessionId: string): Promise<never> {
  const { RequestError } = await loadPeer(
    "@agentclientprotocol/sdk",
    () => import("@agentclientprotocol/sdk"),
  );
  const { code, message } = new SessionNotFoundError(sessionId);
  throw new RequestError(-32002, message, { sessionId, code });
}

async function invalid(message: string): Promise<never> {
  const { RequestError } = await loadPeer(
    "@agentclientprotocol/sdk",
    () => import("@agentclientprotocol/sdk"),
  );
  throw new RequestError(-32602, message);
}

async function wrongParameter(error: unknown): Promise<never> {
  if (error instanceof InvalidArgumentError) return await invalid(error.message);
  throw error;
}
