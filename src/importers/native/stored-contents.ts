import type { Message } from "../../session/message.ts";
import { contentHash } from "../identity.ts";

/** What a session in the store holds: a hash per message, and how often it is there. */
export class StoredContents {
  readonly #counts = new Map<string, number>();
  /** The hash of the newest message. */
  last: string | undefined;

  add(message: Message): void {
    const hash = contentHash(message);
    this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + 1);
    this.last = hash;
  }

  /** Counts down from what is there, so that a message that a file holds twice is expected twice. */
  counter(): Counter {
    return new Counter(this.#counts);
  }
}

class Counter {
  readonly #counts: ReadonlyMap<string, number>;
  readonly #taken = new Map<string, number>();

  constructor(counts: ReadonlyMap<string, number>) {
    this.#counts = counts;
  }

  /** Whether there is (another) one; then it counts as found. */
  take(hash: string): boolean {
    const taken = this.#taken.get(hash) ?? 0;
    if (taken >= (this.#counts.get(hash) ?? 0)) return false;
    this.#taken.set(hash, taken + 1);
    return true;
  }
}
