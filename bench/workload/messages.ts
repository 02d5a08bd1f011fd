import { Message } from "../../src/index.ts";
import { CONTENT_BYTES, SHARE_OF_MESSAGES, valueAt, type Kind } from "./quantiles.ts";
import { seededRandom } from "./random.ts";
import { text } from "./text.ts";

/** Bytes of a message's JSON beside its text. */
const AROUND = { user: 2, assistant: 2, tool: 70 } as const;

/** Messages of the workload without end, the same for the same seed. */
export function* endlessMessages(seed: number): Generator<Message, never> {
  const random = seededRandom(seed);
  for (let count = 0; ; count++) {
    const kind = count === 0 ? "user" : kindAt(random());
    yield message(kind, valueAt(CONTENT_BYTES[kind], random()), random, `call_${count}`);
  }
}

/** A whole session of about so many messages and content bytes. */
export function sessionMessages(count: number, bytes: number, seed: number): Message[] {
  const random = seededRandom(seed);
  const kinds = Array.from({ length: count }, (_, at): Kind => (at === 0 ? "user" : kindAt(random())));
  const sizes = kinds.map((kind) => valueAt(CONTENT_BYTES[kind], random()));
  const scale = bytes / sizes.reduce((sum, size) => sum + size, 0);
  return kinds.map((kind, at) => message(kind, Math.round((sizes[at] ?? 0) * scale), random, `call_${at}`));
}

/** Bytes of messages as compact JSON: what any store has to keep. */
export function bytesOf(messages: readonly Message[]): number {
  return messages.reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one)), 0);
}

function kindAt(share: number): Kind {
  let sum = 0;
  for (const [kind, part] of SHARE_OF_MESSAGES) {
    sum += part;
    if (share < sum) return kind;
  }
  return "tool";
}

function message(kind: Kind, bytes: number, random: () => number, callId: string): Message {
  const content = text(Math.max(bytes - AROUND[kind], 1), random);
  if (kind === "tool") return Message.toolResult({ callId, content });
  return kind === "user" ? Message.user(content) : Message.assistant(content);
}
