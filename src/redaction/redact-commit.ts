import type { Commit } from "../session/commit.ts";
import { boundaryOf } from "../session/context/compaction.ts";
import { withBoundaries } from "../session/context/steps.ts";
import type { HeadChanges, HeadField } from "../session/head.ts";
import { jsonText, parseJson, type Json, type JsonObject } from "../session/json/json.ts";
import type { SideLists } from "../session/side-lists.ts";
import { redactJsonText, redactMessage, type Redact } from "./redact.ts";

/** The fields of a head that hold what people and programs write. By the others sessions are found. */
const WRITTEN: readonly HeadField[] = ["title", "systemPrompt", "tags", "custom", "metadataExtra", "extra"];

/** A commit with every text redacted that a person or a program has written. */
export function redactCommit(commit: Commit, redact: Redact): Commit {
  const { splice, set, side } = commit;
  const messages = splice?.[2].map((message) => redactMessage(message, redact)) ?? [];
  const changed = (position: number): readonly [was: number, is: number] | undefined => {
    const [start, , before] = splice ?? [];
    if (typeof start !== "number") return undefined;
    const [was, is] = [before?.[position - start], messages[position - start]];
    return was && is && [boundaryOf(was), boundaryOf(is)];
  };
  return {
    ...commit,
    ...(splice === undefined ? {} : { splice: [splice[0], splice[1], messages] }),
    ...(set === undefined ? {} : { set: redactHead(set, redact, changed) }),
    ...(side === undefined ? {} : { side: redactJson(side, redact) as SideLists }),
  };
}

/**
 * Fields of a head, redacted where they hold what somebody has written.
 * @param changed of its messages, where they are redacted with it; see `withBoundaries`.
 */
export function redactHead<H extends HeadChanges>(
  head: H,
  redact: Redact,
  changed?: Parameters<typeof withBoundaries>[1],
): H {
  const redacted = WRITTEN.flatMap((field) => {
    const value = head[field];
    if (value === undefined) return [];
    const after = redactJson(value, redact);
    const isExtra = field === "extra" && changed !== undefined;
    return [[field, isExtra ? withBoundaries(after as JsonObject, changed) : after] as const];
  });
  return { ...head, ...Object.fromEntries(redacted) };
}

function redactJson(value: Json, redact: Redact): Json {
  const text = jsonText(value);
  const redacted = redactJsonText(text, redact);
  return redacted === text ? value : parseJson(redacted);
}
