import type { PositionedMessage } from "../engine/contract.ts";
import { Pairer, type Unpaired } from "../session/context/pairs.ts";

/** The calls without a result and the results without a call of a session, while its messages go by. */
export async function unpairedIn(messages: AsyncIterable<PositionedMessage>): Promise<readonly Unpaired[]> {
  const pairer = new Pairer();
  for await (const { position, message } of messages) pairer.see(position, message);
  return pairer.end().unpaired;
}
