import type { Commit } from "../session/commit.ts";
import type { HeadChanges, HeadField } from "../session/head.ts";
import { jsonText, parseJson, type Json } from "../session/json/json.ts";
import type { SideLists } from "../session/side-lists.ts";
import { redactJsonText, redactMessage, type Redact } from "./redact.ts";

/** The fields of a head that hold what people and programs write. By the others sessions are found. */
const WRITTEN: readonly HeadField[] = ["title", "systemPrompt", "tags", "custom", "metadataExtra", "extra"];

/** A commit with every text redacted that a person or a program has written. */
export function redactCommit(commit: Commit, redact: Redact): Commit {
  const { splice, set, side } = commit;
  return {
    ...commit,
    ...(splice === undefined
      ? {}
      : { splice: [splice[0], splice[1], splice[2].map((message) => redactMessage(message, redact))] }),
    ...(set === undefined ? {} : { set: redactHead(set, redact) }),
    ...(side === undefined ? {} : { side: redactJson(side, redact) as SideLists }),
  };
}

/** Fields of a head, redacted where they hold what somebody has written. */
export function redactHead<H extends HeadChanges>(head: H, redact: Redact): H {
  const redacted = WRITTEN.flatMap((field) => {
    const value = head[field];
    return value === undefined ? [] : [[field, redactJson(value, redact)] as const];
  });
  return { ...head, ...Object.fromEntries(redacted) };
}

function redactJson(value: Json, redact: Redact): Json {
  const text = jsonText(value);
  const redacted = redactJsonText(text, redact);
  return redacted === text ? value : parseJson(redacted);
}
