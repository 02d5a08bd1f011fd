import { jsonText } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import { projectMessage } from "../../session/projection/project-message.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { MessageRange, SessionSnapshot, SessionStore } from "../../index.ts";
import type { ReaderState } from "./reader-state.ts";

/** So many messages are read at a time, and so many held at most. */
const PIECE = 200;
const HELD = 1000;
/** So many when a session is opened: to draw more than a few screens of them would be waited for. */
const FIRST = 60;
/** So many before the place that is opened. */
const BEFORE = 20;

type Messages = ReaderState["messages"];

/** The session that the reader shows, at one revision. */
export class Conversation {
  readonly #snapshot: SessionSnapshot;

  private constructor(snapshot: SessionSnapshot) {
    this.#snapshot = snapshot;
  }

  static async open(store: SessionStore, id: SessionId): Promise<Conversation | undefined> {
    const snapshot = await store.read(id);
    return snapshot === undefined ? undefined : new Conversation(snapshot);
  }

  get count(): number {
    return this.#snapshot.messageCount;
  }

  /** Messages around a place. */
  async around(position: number): Promise<Messages> {
    const from = Math.max(Math.min(position, this.count - 1) - BEFORE, 0);
    return await this.#read(from, from + FIRST);
  }

  start(): Promise<Messages> {
    return this.#read(0, PIECE);
  }

  end(): Promise<Messages> {
    return this.#read(Math.max(this.count - FIRST, 0), this.count);
  }

  /** What is held, with the messages before it, or behind it, where `from` says. */
  async more(held: Messages, from: number): Promise<Messages> {
    const first = held[0]?.position ?? 0;
    if (from <= first)
      return [...(await this.#read(Math.max(first - PIECE, 0), first)), ...held].slice(0, HELD);
    return [...held, ...(await this.#read(from, from + PIECE))].slice(-HELD);
  }

  /**
   * The next message behind a place, or in front of it, in which all words stand; from the other end on where there is
   * none. The words are in lower case.
   */
  async find(words: readonly string[], from: number, step: 1 | -1): Promise<number | undefined> {
    const place = Math.max(from, -1);
    const ranges: readonly MessageRange[] =
      step > 0
        ? [{ from: place + 1 }, { from: 0, to: place + 1 }]
        : [
            { from: 0, to: Math.max(place, 0), reverse: true },
            { from: Math.max(place, 0), reverse: true },
          ];
    for (const range of ranges)
      for await (const { position, message } of this.#snapshot.messages(range)) {
        const text = textOf(message).toLowerCase();
        if (words.every((word) => text.includes(word))) return position;
      }
    return undefined;
  }

  close(): void {
    this.#snapshot.close();
  }

  async #read(from: number, to: number): Promise<Messages> {
    const messages: Messages[number][] = [];
    for await (const one of this.#snapshot.messages({ from, to })) messages.push(one);
    return messages;
  }
}

/** All that a message says, calls and answers. */
function textOf(message: Message): string {
  const { text, reasoning, toolCalls, toolResults } = projectMessage(message);
  const calls = toolCalls.map((call) => `${call.name} ${jsonText(call.arguments)}`);
  return [text, reasoning, ...calls, ...toolResults.map((result) => result.text)].join("\n");
}
