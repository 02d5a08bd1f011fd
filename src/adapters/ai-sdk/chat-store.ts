import type { UIMessage, UIMessageStreamOptions } from "ai";
import { randomUUID } from "node:crypto";
import { AgentSession } from "../../session/agent-session.ts";
import { ConflictError, InvalidMessageError } from "../../session/errors.ts";
import type { Message } from "../../session/message.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { checkPeer } from "../load-peer.ts";
import { sessionIdOf } from "./chat-id.ts";
import { checkMessages, fromStored, toStored, type ChatSchemas } from "./chat-messages.ts";
import { mergeMessages } from "./merge-messages.ts";

/** A chat as it is stored. */
export interface Chat<UI extends UIMessage> {
  readonly id: string;
  readonly messages: UI[];
  /** The stream that is being sent, for a client that comes back; `null` when there is none. */
  readonly activeStreamId: string | null;
}

/** What `saveChat` stores. */
export interface ChatChange<UI extends UIMessage> {
  readonly chatId: string;
  /** The chat's messages as the client or the stream has them. Left out: they stay. */
  readonly messages?: readonly UI[] | undefined;
  /** Left out: it stays. `null`: there is none any more. */
  readonly activeStreamId?: string | null | undefined;
  /**
   * As `useChat` sends it. `regenerate-message` says that the user gave up whatever `messages` ends before; without it
   * nothing is removed but what the messages themselves replace.
   */
  readonly trigger?: "submit-message" | "regenerate-message" | undefined;
}

/** Options for `toUIMessageStream` that store what a turn brings, as it comes. */
export type ChatTurn<UI extends UIMessage> = Required<
  Pick<UIMessageStreamOptions<UI>, "originalMessages" | "generateMessageId" | "onStepEnd" | "onEnd">
>;

const CHAT_ID = "ai_sdk_chat_id";
const ACTIVE_STREAM = "ai_sdk_active_stream";
/** Chats in use are kept, so that a save need not read them again. */
const MOST_OPEN = 64;
const MOST_ATTEMPTS = 50;

/**
 * The AI SDK's `loadChat` and `saveChat` on a store.
 *
 * @param schemas what `loadChat` checks stored messages with. Default: their form only.
 * @throws {PeerVersionError} when a version of `ai` is installed that this does not work with.
 * @example
 * const chats = chatStore(await SessionStore.open());
 * const turn = await chats.beginTurn({ chatId, messages }); // the user's message is stored
 * const { stream } = streamText({ model, messages: await convertToModelMessages(turn.originalMessages) });
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
  readonly #saving = new Map<SessionId, Promise<void>>();

  /** Use `chatStore`. */
  constructor(store: SessionStore, schemas: ChatSchemas<UI>) {
    this.#store = store;
    this.#schemas = schemas;
  }

  /** Stores a new chat without messages and resolves to its id. A chat need not be created to be saved. */
  readonly createChat = async (): Promise<string> => {
    const session = new AgentSession({ id: newSessionId() });
    await this.#store.save(session);
    return session.id;
  };

  /**
   * The messages of a chat, deep-equal to what was saved (as JSON); `[]` when there is no such chat.
   * @throws {InvalidStoredMessageError} when one does not fit the schemas, or is of another framework.
   */
  readonly loadChat = async (chatId: string): Promise<UI[]> => (await this.readChat(chatId)).messages;

  /** A chat's messages together with its active stream. @throws {InvalidStoredMessageError} */
  readonly readChat = async (chatId: string): Promise<Chat<UI>> => {
    const session = await this.#store.load(sessionIdOf(chatId));
    if (session === undefined) return { id: chatId, messages: [], activeStreamId: null };
    const messages = session.messages.map((message) => fromStored(message));
    return {
      id: chatId,
      messages: await checkMessages<UI>(chatId, messages, this.#schemas),
      activeStreamId: session.metadata.custom[ACTIVE_STREAM] ?? null,
    };
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
    const id = sessionIdOf(change.chatId);
    const messages = change.messages === undefined ? undefined : storedForm(change.messages);
    const before = this.#saving.get(id) ?? Promise.resolve();
    const save = before.then(() => this.#save(id, change, messages));
    const settled = save.then(
      () => undefined,
      () => undefined,
    );
    this.#saving.set(id, settled);
    try {
      await save;
    } finally {
      if (this.#saving.get(id) === settled) this.#saving.delete(id);
    }
  };

  /**
   * Stores what the client sent, so that it is there whatever the model does, and resolves to options for
   * `toUIMessageStream` that store each finished step and the end of the answer.
   * @throws what `saveChat` throws.
   */
  readonly beginTurn = async (
    request: Pick<ChatChange<UI>, "chatId" | "trigger"> & { readonly messages: readonly UI[] },
  ): Promise<ChatTurn<UI>> => {
    await this.saveChat({ ...request, activeStreamId: null });
    const { chatId } = request;
    return {
      originalMessages: [...request.messages],
      generateMessageId: () => `msg-${randomUUID()}`,
      onStepEnd: ({ messages }) => this.saveChat({ chatId, messages }),
      onEnd: ({ messages }) => this.saveChat({ chatId, messages, activeStreamId: null }),
    };
  };

  async #save(
    id: SessionId,
    change: ChatChange<UI>,
    messages: readonly Message[] | undefined,
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const session = this.#open.get(id) ?? (await this.#store.load(id)) ?? newChat(id, change.chatId);
      apply(session, change, messages);
      // What fails to be stored must not be taken for stored.
      this.#open.delete(id);
      try {
        await this.#store.save(session);
      } catch (error) {
        const movedOn = error instanceof ConflictError && error.currentRevision > 0;
        if (movedOn && attempt < MOST_ATTEMPTS) continue;
        throw error;
      }
      this.#keep(session);
      return;
    }
  }

  #keep(session: AgentSession): void {
    this.#open.set(session.id, session);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest);
  }
}

function newChat(id: SessionId, chatId: string): AgentSession {
  return new AgentSession({ id, metadata: chatId === id ? {} : { custom: { [CHAT_ID]: chatId } } });
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
  { activeStreamId, trigger }: ChatChange<UIMessage>,
  sent: readonly Message[] | undefined,
): void {
  if (activeStreamId !== undefined) {
    const { [ACTIVE_STREAM]: _, ...custom } = session.metadata.custom;
    session.metadata.custom =
      activeStreamId === null ? custom : { ...custom, [ACTIVE_STREAM]: activeStreamId };
  }
  if (sent === undefined) return;
  const stored = session.messages;
  const merged = mergeMessages(stored, sent);
  const last = sent.at(-1);
  if (trigger === "regenerate-message" && last !== undefined) {
    merged.length = merged.findIndex(({ id }) => id === last.id) + 1;
  }
  let start = 0;
  while (start < stored.length && stored[start] === merged[start]) start++;
  if (start === stored.length) for (const message of merged.slice(start)) session.addMessage(message);
  else session.spliceMessages(start, stored.length - start, ...merged.slice(start));
}
