import type { Message } from "../session/message.ts";
import type { MessageRange, PositionedMessage } from "./contract.ts";
import { rangeOf } from "./list-query.ts";

/** The messages of a range. Those that are added to the array meanwhile are not among them. */
export async function* messagesIn(
  messages: readonly Message[],
  range: MessageRange,
): AsyncGenerator<PositionedMessage> {
  const { start, end, reverse } = rangeOf(range, messages.length);
  for (let step = 0; step < end - start; step++) {
    const position = reverse ? end - 1 - step : start + step;
    const message = messages[position];
    if (message !== undefined) yield { position, message };
  }
}
