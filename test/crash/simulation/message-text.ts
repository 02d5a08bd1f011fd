import { Message } from "../../../src/index.ts";

/** The message of a number: short or long, so that records begin and end anywhere in a block. */
export function numbered(number: number): Message {
  return Message.user(textOf(number));
}

/** The message's short name; a message that is not as it was made has a question mark. */
export function nameOf(message: Message): string {
  const text = typeof message.content === "string" ? message.content : "";
  const name = text.split(" ", 1)[0] ?? "";
  return text === textOf(Number(name.slice(1))) ? name : `${name}?`;
}

function textOf(number: number): string {
  const length = [0, 10, 300, 40, 1500, 0, 90, 5000][number % 8] ?? 0;
  return `m${number} ${"x".repeat(length)}`;
}
