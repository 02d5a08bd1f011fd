import fc from "fast-check";
import { jsonText } from "../../../src/session/json/json.ts";
import { Message } from "../../../src/session/message.ts";

/** What is said: a person, a model, a call, the result of the latest call. */
export type Kind = "user" | "assistant" | "call" | "result";

export const PLACES = [
  "/astrid-model/a",
  "/astrid-model/a/sub",
  "/astrid-model/b",
  "C:\\work\\a",
  null,
] as const;
export const WORKSPACE_IDS = [
  null,
  "11111111-1111-4111-8111-111111111111",
  "22222222-2222-4222-8222-222222222222",
] as const;
export const TAGS = ["red", "green"] as const;
export const MODELS = ["one", "two", null] as const;
export const ROLES = ["user", "assistant", "tool"] as const;

type Each<Do extends string, Rest> = Do extends unknown ? { readonly do: Do } & Rest : never;
interface On {
  /** Picks one of the sessions that there ever were. */
  readonly on: number;
}
interface Begun {
  readonly kinds: readonly Kind[];
  readonly daysAgo: number;
  readonly place: (typeof PLACES)[number];
}
interface Edit {
  readonly kinds: readonly Kind[];
  readonly start: number;
  readonly remove: number;
  readonly value: number;
}

/** One thing that somebody does. */
export type Step =
  | Each<"create" | "import", Begun>
  | Each<"create child" | "create again", On & Begun>
  | Each<"append" | "append at once", On & { readonly kinds: readonly Kind[] }>
  | Each<"hold object" | "undo" | "checkpoint" | "pack" | "release" | "restore" | "export", On>
  | Each<"save added" | "save spliced" | "save replaced" | "save fields" | "save nothing", On & Edit>
  | Each<"commit splice" | "commit fields" | "commit side", On & Edit>
  | Each<"title" | "tag" | "untag" | "pin" | "archive", On & { readonly value: number }>
  | Each<"fork" | "fork at revision" | "fork at position", On & { readonly at: number }>
  | Each<"rewind to revision" | "rewind to position" | "vacuum" | "redact", On & { readonly at: number }>
  | Each<"compact", On & { readonly keepRecent: number }>
  | Each<"lease" | "take over" | "write under lease", On & { readonly kinds: readonly Kind[] }>
  | Each<"delete" | "trash", On>
  | Each<"empty trash" | "reopen" | "other store" | "copy" | "look at all", object>
  | Each<"relink", { readonly from: string; readonly to: string }>
  | Each<
      "clean up",
      {
        readonly days: number | undefined;
        readonly by: "created" | "activity";
        readonly keep: number | undefined;
        readonly maxBytes: number | undefined;
        readonly tag: string | undefined;
        readonly workspace: string | undefined;
        readonly expire: boolean;
        readonly trash: boolean;
      }
    >;

const kinds = fc.array(fc.constantFrom<Kind>("user", "assistant", "call", "result"), { maxLength: 4 });
const on = fc.nat({ max: 9 });
const small = fc.nat({ max: 5 });
const begun = {
  kinds,
  // Half days, so that no rule's border is near.
  daysAgo: fc.nat({ max: 6 }).map((days) => days + 0.5),
  place: fc.constantFrom(...PLACES),
};
const edit = { on, kinds, start: small, remove: small, value: fc.nat({ max: 11 }) };
const doing = <Do extends string>(...all: readonly Do[]): { do: fc.Arbitrary<Do> } => ({
  do: fc.constantFrom(...all),
});
const named = PLACES.filter((place) => place !== null);
const ids = WORKSPACE_IDS.filter((id) => id !== null);

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ ...doing("create", "import"), ...begun }) },
  { weight: 2, arbitrary: fc.record({ ...doing("create child", "create again"), on, ...begun }) },
  { weight: 6, arbitrary: fc.record({ ...doing("append", "append", "append at once"), on, kinds }) },
  {
    weight: 6,
    arbitrary: fc.record({
      ...doing("save added", "save added", "save spliced", "save replaced", "save fields", "save nothing"),
      ...edit,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ ...doing("commit splice", "commit fields", "commit side"), ...edit }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      ...doing("title", "tag", "untag", "pin", "archive"),
      on,
      value: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...doing("fork", "fork at revision", "fork at position"),
      on,
      at: fc.nat({ max: 12 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      ...doing("rewind to revision", "rewind to position", "vacuum", "redact"),
      on,
      at: fc.nat({ max: 12 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ ...doing("compact"), on, keepRecent: small }) },
  { weight: 4, arbitrary: fc.record({ ...doing("undo"), on }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...doing("hold object", "checkpoint", "pack", "pack", "release", "restore", "restore", "export"),
      on,
    }),
  },
  { weight: 3, arbitrary: fc.record({ ...doing("lease", "take over", "write under lease"), on, kinds }) },
  { weight: 3, arbitrary: fc.record({ ...doing("delete", "trash", "trash"), on }) },
  {
    weight: 3,
    arbitrary: fc.record({ ...doing("empty trash", "reopen", "other store", "copy", "look at all") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...doing("relink"),
      from: fc.constantFrom(...named, ...ids),
      to: fc.constantFrom(...named.filter((place) => place.startsWith("/"))),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...doing("clean up"),
      days: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
      by: fc.constantFrom("created", "activity"),
      keep: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
      maxBytes: fc.option(fc.constantFrom(0, 1e12), { nil: undefined, freq: 1 }),
      tag: fc.option(fc.constantFrom(...TAGS), { nil: undefined, freq: 1 }),
      workspace: fc.option(fc.constantFrom(...named), { nil: undefined, freq: 1 }),
      expire: fc.boolean(),
      trash: fc.boolean(),
    }),
  },
);

/** Messages of which no two are alike, nor as long as each other: a compaction knows its last one by its length. */
export class Speaker {
  #count = 0;
  #lastCall = "call-0";

  say(kinds: readonly Kind[]): Message[] {
    return kinds.map((kind) => this.#one(kind));
  }

  /** The word that only the message of this number has. */
  static wordOf(number: number): string {
    return `word${number}`;
  }

  get count(): number {
    return this.#count;
  }

  #one(kind: Kind): Message {
    const number = ++this.#count;
    if (kind === "call") this.#lastCall = `call-${number}`;
    const make = (text: string): Message => {
      if (kind === "user") return Message.user(text);
      if (kind === "assistant") return Message.assistant(text);
      if (kind === "result") return Message.toolResult({ callId: this.#lastCall, content: text });
      return Message.toolCalls([{ id: this.#lastCall, name: "read", arguments: { text } }]);
    };
    const text = `${Speaker.wordOf(number)} said`;
    const { length } = jsonText(make(text));
    return make(`${text} ${"-".repeat(Math.max(150 + number - length - 1, 0))}`);
  }
}

/** A step as a person reads it. */
export function told(step: Step): string {
  const { do: what, ...rest } = step;
  const more = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? `[${value.join(" ")}]` : String(value)}`);
  return [what, ...more].join(", ");
}
