import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import type { Message } from "../message.ts";
import { boundaryOf, type Compaction } from "./compaction.ts";

/** Something that was done to a session as a whole and can be taken back. */
export type Step =
  /** A summary stands for the first `upTo` messages; see `boundaryOf`. */
  | (Compaction & { readonly kind: "compact"; readonly boundary: number })
  /** The session went back: behind the first `kept` messages, what revision `from` had was left. */
  | { readonly kind: "rewind"; readonly at: string; readonly from: number; readonly kept: number };

/** Where a session's head keeps its steps: a key of the document that Astrid does not know and lets be. */
const KEY = "astrid_sessions_steps";

/** The steps of a session, oldest first; what is none is passed over. */
export function stepsOf(extra: JsonObject): Step[] {
  const stored = extra[KEY];
  return Array.isArray(stored) ? (stored as readonly Json[]).flatMap((value) => stepFrom(value) ?? []) : [];
}

/** The same head's `extra` with other steps. */
export function withSteps(extra: JsonObject, steps: readonly Step[]): JsonObject {
  const { [KEY]: _, ...rest } = extra;
  return steps.length === 0 ? rest : { ...rest, [KEY]: steps.map(storedStep) };
}

/** The compaction that counts: the last one whose messages are still there. */
export function compactionOf(extra: JsonObject, messages: readonly Message[]): Compaction | undefined {
  return stepsOf(extra).findLast((step) => {
    const last = step.kind === "compact" ? messages[step.upTo - 1] : undefined;
    return last !== undefined && step.kind === "compact" && boundaryOf(last) === step.boundary;
  }) as Compaction | undefined;
}

/**
 * The same keys for messages of which some were changed in place: a compaction whose last message is another text now
 * goes on counting (`boundaryOf`).
 * @param changed what the boundary of the message at a position was, and is; `undefined` where it is not known.
 * @returns the same object where nothing changes.
 */
export function withBoundaries(
  extra: JsonObject,
  changed: (position: number) => readonly [was: number, is: number] | undefined,
): JsonObject {
  let isChanged = false;
  const steps = stepsOf(extra).map((step) => {
    if (step.kind !== "compact") return step;
    const [was, is] = changed(step.upTo - 1) ?? [];
    if (is === undefined || step.boundary !== was || is === was) return step;
    isChanged = true;
    return { ...step, boundary: is };
  });
  return isChanged ? withSteps(extra, steps) : extra;
}

function storedStep(step: Step): JsonObject {
  if (step.kind === "rewind") return { ...step };
  const { kind, at, summary, upTo, boundary } = step;
  return { kind, at, summary, up_to: upTo, boundary };
}

function stepFrom(value: Json): Step | undefined {
  if (!isJsonObject(value) || typeof value["at"] !== "string") return undefined;
  const { kind, at, summary, up_to: upTo, boundary, from, kept } = value;
  if (kind === "compact" && typeof summary === "string" && isCount(upTo) && isCount(boundary))
    return { kind, at, summary, upTo, boundary };
  if (kind === "rewind" && isCount(from) && isCount(kept)) return { kind, at, from, kept };
  return undefined;
}

function isCount(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
