import type { UIMessage } from "ai";
import type { RemoveOptions } from "../../index.ts";
import { AgentSession } from "../../session/agent-session.ts";
import { ConflictError, InvalidMessageError } from "../../session/errors/errors.ts";
import type { Message } from "../../session/message.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { checkPeer } from "../load-peer.ts";
import type { Chat, ChatChange, ChatPage, ChatQuery, ChatRequest } from "./chat.ts";
import { chatIdNote, chatIdOf, chatSessionId } from "./chat-id.ts";
import { checkSent, checkStored, fromStored, toStored, type ChatSchemas } from "./chat-messages.ts";
import { chatTurn, type ChatTurn } from "./chat-turn.ts";
import { upToAnswer, withStored, workIn } from "./work-in.ts";

/** What says that the AI SDK wrote a session, in lists as in `metadata.custom`. */
const SOURCE = "ai-sdk";
const ACTIVE_STREAM = "ai_sdk_active_stream";
/** Chats in use are kept, so that a save need not read them again. */
const MOST_OPEN = 64;
const MOST_ATTEMPTS = 50;

/**
 * The AI SDK's `loadChat` and `saveChat` on a store.
 *
 * @param schemas what stored messages, and those that a client sends, are checked with. Default: their form only.
 * @throws {PeerVersionError} when a version of `ai` is installed that this does not work with.
 * @example
 * const chats = chatStore(await SessionStore.open());
 * const turn = await chats.beginTurn({ chatId: id, messages, trigger, messageId }); // as useChat sends them
 * const { stream } = streamText({ model, messages: await convertToModelMessages(turn.uiMessages) });
 * return createUIMessageStreamResponse({ stream: toUIMessageStream({ stream, ...turn }) });
 */
export function chatStore<UI extends UIMessage = UIMessage>(
  store: SessionStore,
  schemas: ChatSchemas<UI> = {},
): ChatStore<UI> {
  checkPeer("ai");
  return new ChatStore<UI>(store, schemas);
}

/**
 * Chats of UI messages, each a session. A chat's id may be any string. Its methods may be passed around unbound.
 */
export class ChatStore<UI extends UIMessage> {
  readonly #store: SessionStore;
  readonly #schemas: ChatSchemas<UI>;
  readonly #open = new Map<SessionId, AgentSession>();
  /** Saves and removals of a chat, one after the other. */
  readonly #queues = new Map<SessionId, Promise<void>>();

  /** Use `chatStore`. */
  constructor(store: SessionStore, schemas: ChatSchemas<UI>) {
    this.#store = store;
    this.#schemas = schemas;
  }

  /** Stores a new chat without messages and resolves to its id. A chat need not be created to be saved. */
  readonly createChat = async (options: { readonly title?: string | undefined } = {}): Promise<string> => {
    const id = newSessionId();
    await this.saveChat({ chatId: id, title: options.title });
    return id;
  };

  /**
   * The messages of a chat, deep-equal to what was saved (as JSON); `[]` when there is no such chat.
   * @throws {InvalidStoredMessageError} when one does not fit the schemas, or is of another framework.
   */
  readonly loadChat = async (chatId: string): Promise<UI[]> => (await this.readChat(chatId)).messages;

  /** A chat's messages together with its title and its active stream. @throws {InvalidStoredMessageError} */
  readonly readChat = async (chatId: string): Promise<Chat<UI>> => {
    const sessionId = chatSessionId(chatId);
    const session = await this.#store.load(sessionId);
    const messages = session?.messages.map((message) => fromStored(message)) ?? [];
    return {
      id: chatId,
      sessionId,
      title: session?.metadata.title ?? null,
      messages: await checkStored<UI>(chatId, messages, this.#schemas),
      activeStreamId: session?.metadata.custom[ACTIVE_STREAM] ?? null,
    };
  };

  /** The chats of the store, last changed first; other frameworks' sessions are none. */
  readonly listChats = async (query: ChatQuery = {}): Promise<ChatPage> => {
    const { limit, cursor, titleMatches, since, until } = query;
    const page = await this.#store.list({ limit, cursor, titleMatches, since, until, source: SOURCE });
    const chats = page.sessions.map((summary) => {
      const { id, custom, title, messageCount, createdAt, updatedAt, lastMessagePreview } = summary;
      const times = { createdAt, updatedAt };
      return {
        ...{ id: chatIdOf(id, custom), sessionId: id, title },
        ...{ preview: lastMessagePreview, messageCount, ...times },
      };
    });
    return { chats, nextCursor: page.nextCursor };
  };

  /**
   * Removes a chat; into the trash (`store.restore(sessionId)`), where the engine has one, unless `trash` is false. An
   * answer that is under way does not bring it back.
   * @returns false when there was none, which is no error.
   */
  readonly deleteChat = async (chatId: string, options: RemoveOptions = {}): Promise<boolean> => {
    const id = chatSessionId(chatId);
    const { trash = this.#store.engine.capabilities.trash } = options;
    return await this.#inTurn(id, async () => {
      this.#open.delete(id);
      return await this.#store.delete(id, { trash });
    });
  };

  /**
   * Stores what is new or changed among the messages, and nothing else, in one commit; durable when it resolves. A
   * message that another tab stored meanwhile stays. What an edit or a regeneration replaces stays in the session's
   * earlier revisions (`store.fork(id, { revision })`). A message without parts is not stored: nothing was said.
   *
   * @throws {InvalidMessageError} when a message has no id, or two have the same, or it is no JSON.
   * @throws {ConflictError} when the chat was deleted while it was being written to (`currentRevision` 0).
   * @throws {StorageError} with `outcome`.
   */
  readonly saveChat = async (change: ChatChange<UI>): Promise<void> => {
    const sent = change.messages === undefined ? undefined : storedForm(change.messages);
    await this.#save(change, () => sent);
  };

  /**
   * Stores what the client sent, so that it is there whatever the model does, and resolves to what the answer needs:
   * the messages for the model, and options that store each finished step and the end of the answer.
   * @throws {InvalidMessageError} also when what the client sent does not fit the schemas.
   * @throws {InvalidStoredMessageError} with `message`, when something in the chat does not fit them.
   * @throws what `saveChat` throws.
   */
  readonly beginTurn = async (request: ChatRequest<UI>): Promise<ChatTurn<UI>> => {
    const { chatId, trigger, messageId } = request;
    const sent = await checkSent<UI>(
      request.messages ?? (request.message === undefined ? [] : [request.message]),
      this.#schemas,
    );
    const stored = storedForm(sent);
    const [message] = stored;
    const isWhole = request.messages !== undefined;
    const saved = await this.#save({ chatId, trigger, messageId, activeStreamId: null }, (before) =>
      isWhole || message === undefined ? stored : withStored(before, message, request),
    );
    const messages = isWhole ? upToAnswer(sent, request) : await this.#upTo(message, chatId, saved.messages);
    return chatTurn(messages, async (said, isEnd) => {
      const change = { chatId, ...(isEnd ? { activeStreamId: null } : {}) };
      const form = storedForm(said);
      await this.#save(change, () => form, saved.revision);
    });
  };

  /** The chat up to the message that a client sent: what comes behind it, the client does not know. */
  async #upTo(message: Message | undefined, chatId: string, chat: readonly Message[]): Promise<UI[]> {
    const end = message === undefined ? chat.length : chat.findIndex(({ id }) => id === message.id) + 1;
    const messages = chat.slice(0, end).map((stored) => fromStored(stored));
    return await checkStored<UI>(chatId, messages, this.#schemas);
  }

  /**
   * @param sent what was sent, given what is stored.
   * @param since a revision that the chat had: when it is gone, it was deleted.
   */
  async #save(
    change: Omit<ChatChange<UI>, "messages">,
    sent: (stored: readonly Message[]) => readonly Message[] | undefined,
    since?: number,
  ): Promise<{ readonly revision: number; readonly messages: readonly Message[] }> {
    const id = chatSessionId(change.chatId);
    return await this.#inTurn(id, async () => {
      for (let attempt = 1; ; attempt++) {
        const known = this.#open.get(id) ?? (await this.#store.load(id));
        if (known === undefined && since !== undefined) throw new ConflictError(id, since, 0);
        const session = known ?? newChat(id, change.chatId);
        apply(session, change, sent(session.messages));
        // What fails to be stored must not be taken for stored.
        this.#open.delete(id);
        try {
          const { revision } = await this.#store.save(session);
          this.#keep(session);
          return { revision, messages: session.messages };
        } catch (error) {
          const movedOn = error instanceof ConflictError && error.currentRevision > 0;
          if (!movedOn || attempt === MOST_ATTEMPTS) throw error;
        }
      }
    });
  }

  /** Runs `action` when everything that was asked of this chat before is done, whether it worked or not. */
  async #inTurn<T>(id: SessionId, action: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(id) ?? Promise.resolve();
    const result = before.then(action);
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    this.#queues.set(id, settled);
    try {
      return await result;
    } finally {
      if (this.#queues.get(id) === settled) this.#queues.delete(id);
    }
  }

  #keep(session: AgentSession): void {
    this.#open.set(session.id, session);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest);
  }
}

function newChat(id: SessionId, chatId: string): AgentSession {
  return new AgentSession({ id, metadata: { custom: { source: SOURCE, ...chatIdNote(chatId) } } });
}

/** @throws {InvalidMessageError} */
function storedForm(messages: readonly UIMessage[]): Message[] {
  const stored = messages.map((message) => toStored(message));
  const ids = new Set<string | undefined>();
  for (const { id } of stored) {
    if (ids.has(id)) throw new InvalidMessageError(`two of the chat have the id ${JSON.stringify(id)}`);
    ids.add(id);
  }
  return stored.filter(({ content }) => !(Array.isArray(content) && content.length === 0));
}

function apply(
  session: AgentSession,
  { activeStreamId, title, ...kind }: Omit<ChatChange<UIMessage>, "messages">,
  sent: readonly Message[] | undefined,
): void {
  if (title !== undefined) session.metadata.title = title;
  if (activeStreamId !== undefined) {
    const { [ACTIVE_STREAM]: _, ...custom } = session.metadata.custom;
    session.metadata.custom =
      activeStreamId === null ? custom : { ...custom, [ACTIVE_STREAM]: activeStreamId };
  }
  if (sent === undefined) return;
  const stored = session.messages;
  const merged = workIn(stored, sent, kind);
  let start = 0;
  while (start < stored.length && stored[start] === merged[start]) start++;
  if (start === stored.length) for (const message of merged.slice(start)) session.addMessage(message);
  else session.spliceMessages(start, stored.length - start, ...merged.slice(start));
}
