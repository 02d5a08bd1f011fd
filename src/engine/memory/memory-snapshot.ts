import { InvalidArgumentError } from "../../session/errors/errors.ts";
import type { SessionHead } from "../../session/head.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { MessageRange, PositionedMessage, Snapshot, StoredSession } from "../contract.ts";
import type { Iterations } from "../iterations.ts";
import { messagesIn } from "../messages-in.ts";

/** A snapshot whose messages are at hand. */
export class MemorySnapshot implements Snapshot {
  readonly id: SessionId;
  readonly revision: number;
  readonly tag: string;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly messageCount: number;
  #messages: readonly Message[] | undefined;
  readonly #iterations: Iterations;
  readonly #closed: () => void;

  /** @param closed called when it is closed for the first time. */
  constructor(stored: StoredSession, iterations: Iterations, closed: () => void) {
    this.id = stored.id;
    this.revision = stored.revision;
    this.tag = stored.tag;
    this.updatedAt = stored.updatedAt;
    this.head = stored.head;
    this.messageCount = stored.messages.length;
    this.#messages = stored.messages;
    this.#iterations = iterations;
    this.#closed = closed;
  }

  messages(range: MessageRange = {}): AsyncIterable<PositionedMessage> {
    return this.#iterations.of(() => {
      if (this.#messages === undefined)
        throw new InvalidArgumentError("This snapshot is closed; take a new one.");
      return messagesIn(this.#messages, range);
    });
  }

  close(): void {
    if (this.#messages === undefined) return;
    this.#messages = undefined;
    this.#closed();
  }
}
