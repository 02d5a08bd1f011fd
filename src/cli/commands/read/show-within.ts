import { read, type Bounds } from "../../../faces/bounded/answers.ts";
import { referenceTo } from "../../../faces/reference.ts";
import { isBeside, type Message } from "../../../session/message.ts";
import { isPrompt } from "../../../session/projection/prompts.ts";
import type { SessionSnapshot } from "../../../store/reading/snapshot.ts";
import type { Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { parseCount } from "../../output/units.ts";

interface Piece {
  readonly from: number;
  readonly limit?: number | undefined;
  readonly offset?: string | undefined;
  readonly prompts?: boolean | undefined;
  readonly notes?: boolean | undefined;
  readonly bounds: Bounds;
}

/** A piece of a conversation as text, in one line of JSON, with the reference from which it goes on. */
export async function showWithin(
  { store, output }: Context,
  snapshot: SessionSnapshot,
  { from, limit = Infinity, offset, prompts, notes, bounds }: Piece,
): Promise<ExitCode> {
  const isTold = (message: Message): boolean =>
    (notes === true || !isBeside(message)) && (prompts !== true || isPrompt(message));
  const place = { from, offset: offset === undefined ? 0 : parseCount("--offset", offset) };
  const { next, ...answer } = await read(store, snapshot, place, { limit, isTold, ...bounds });
  const { id, revision } = snapshot;
  const goesOn =
    next === undefined
      ? {}
      : {
          next: {
            reference: referenceTo(id, next.from, revision),
            ...(next.offset !== undefined && { offset: next.offset }),
          },
        };
  await output.jsonLine(JSON.stringify({ ...answer, ...goesOn }));
  return EXIT.ok;
}
