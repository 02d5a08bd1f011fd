import { isBeside, type Message } from "../message.ts";
import { projectMessage } from "../projection/project-message.ts";

/** A tool's call that no result answers, or a result that no call asked for. */
export interface Unpaired {
  readonly kind: "call" | "result";
  /** The message's position. */
  readonly position: number;
  /** `undefined` where the form that it was stored in has none. */
  readonly callId: string | undefined;
  /** The tool's name; that of a result is not known. */
  readonly name: string | undefined;
}

/** Where a call and its result stand. */
interface Pair {
  readonly call: number;
  readonly result: number;
}

/** The calls and results of a conversation, whatever form they were stored in. */
export interface Pairing {
  readonly pairs: readonly Pair[];
  /** In the order of the messages. */
  readonly unpaired: readonly Unpaired[];
}

/** Pairs the calls and results of a conversation; see `Pairer`. */
export function pairingOf(messages: readonly Message[]): Pairing {
  const pairer = new Pairer();
  for (const [position, message] of messages.entries()) pairer.see(position, message);
  return pairer.end();
}

/**
 * Pairs calls with results while messages go by. An id may come again in a later turn: a result answers the latest call
 * of its id that has no result yet. Where a form has no ids, a result answers the first open call without one: of the
 * function that it names, or any; of its own message before others. Notes beside the conversation (roles with a colon) are passed over.
 */
export class Pairer {
  readonly #pairs: Pair[] = [];
  readonly #results: Unpaired[] = [];
  readonly #open = new Map<string, Unpaired[]>();
  readonly #withoutId: Unpaired[] = [];

  see(position: number, message: Message): void {
    if (isBeside(message)) return;
    const { toolCalls, toolResults } = projectMessage(message);
    for (const { id: callId, name } of toolCalls)
      this.#waiting(callId).push({ kind: "call", position, callId, name });
    for (const { callId } of toolResults) {
      const call = this.#answered(callId, position);
      if (call === undefined) this.#results.push({ kind: "result", position, callId, name: undefined });
      else this.#pairs.push({ call: call.position, result: position });
    }
  }

  end(): Pairing {
    const calls = [...this.#open.values(), this.#withoutId].flat();
    const unpaired = [...this.#results, ...calls].sort((left, right) => left.position - right.position);
    return { pairs: this.#pairs, unpaired };
  }

  #waiting(callId: string | undefined): Unpaired[] {
    if (callId === undefined) return this.#withoutId;
    const waiting = this.#open.get(callId) ?? [];
    this.#open.set(callId, waiting);
    return waiting;
  }

  /** The call that a result answers, which waits no longer. */
  #answered(callId: string | undefined, position: number): Unpaired | undefined {
    const waiting = callId === undefined ? undefined : this.#open.get(callId);
    const latest = waiting?.pop();
    if (waiting?.length === 0 && callId !== undefined) this.#open.delete(callId);
    if (latest !== undefined) return latest;
    const fits = ({ name }: Unpaired): boolean => callId === undefined || name === callId;
    const beside = this.#withoutId.findIndex((call) => call.position === position && fits(call));
    const found = beside < 0 ? this.#withoutId.findIndex(fits) : beside;
    return found < 0 ? undefined : this.#withoutId.splice(found, 1)[0];
  }
}

/**
 * Where a conversation may be cut: `seams[i]` says that no result at `i` or behind it answers a call before `i`. It has
 * one entry more than there are messages; both ends are seams.
 */
export function seamsOf(count: number, pairs: readonly Pair[]): readonly boolean[] {
  const opened = new Int32Array(count + 2);
  for (const { call, result } of pairs) {
    opened[call + 1] = (opened[call + 1] ?? 0) + 1;
    opened[result + 1] = (opened[result + 1] ?? 0) - 1;
  }
  let within = 0;
  return Array.from({ length: count + 1 }, (_, position) => {
    within += opened[position] ?? 0;
    return within === 0;
  });
}
