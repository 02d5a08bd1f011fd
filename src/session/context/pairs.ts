import type { Message } from "../message.ts";
import { projectMessage } from "../projection/project-message.ts";

/** A tool's call that no result answers, or a result that no call asked for. */
export interface Unpaired {
  readonly kind: "call" | "result";
  /** The message's position. */
  readonly position: number;
  readonly callId: string;
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

/**
 * Pairs calls with results by their ids. An id may come again in a later turn: a result answers the latest call of its
 * id that has no result yet. What has no id cannot be judged, and is left out.
 */
export function pairingOf(messages: readonly Message[]): Pairing {
  const pairs: Pair[] = [];
  const unpaired: Unpaired[] = [];
  const open = new Map<string, Unpaired[]>();
  for (const [position, message] of messages.entries()) {
    const { toolCalls, toolResults } = projectMessage(message);
    for (const { id, name } of toolCalls) {
      if (id === undefined) continue;
      const call: Unpaired = { kind: "call", position, callId: id, name };
      const waiting = open.get(id);
      if (waiting === undefined) open.set(id, [call]);
      else waiting.push(call);
    }
    for (const { callId } of toolResults) {
      if (callId === undefined) continue;
      const call = open.get(callId)?.pop();
      if (call === undefined) unpaired.push({ kind: "result", position, callId, name: undefined });
      else pairs.push({ call: call.position, result: position });
    }
  }
  for (const waiting of open.values()) unpaired.push(...waiting);
  unpaired.sort((left, right) => left.position - right.position);
  return { pairs, unpaired };
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
