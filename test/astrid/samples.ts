import fc from "fast-check";
import type { Json, JsonObject } from "../../src/session/json/json.ts";
import { Message } from "../../src/session/message.ts";
import { ALLOWANCE as EXACT_TOOL } from "../session/grants.ts";

/** A grant as Astrid writes it, of another kind. */
export const ALLOWANCE = {
  ...EXACT_TOOL,
  action_pattern: { type: "network_host", host: "localhost", ports: [80, 443] },
} satisfies JsonObject;

export const BUDGET = {
  session_spent_usd: 1.25,
  config: { session_max_usd: 10.5, per_action_max_usd: 1.5, warn_at_percent: 80 },
  last_updated: "2026-02-20T10:11:12Z",
} satisfies JsonObject;

/** A document that has every key that Astrid knows. */
export function fullDocument(id: string): Record<string, Json> {
  return {
    id,
    user_id: "0102030405060708",
    messages: [{ role: "user", content: "Hello" }],
    system_prompt: "You are helpful",
    created_at: "2026-02-20T10:11:12.123456789Z",
    token_count: 1,
    metadata: {
      ...{ title: "T", tags: ["a"], turn_count: 1, tool_call_count: 2, approval_count: 3 },
      custom: { k: "v" },
    },
    allowances: [ALLOWANCE],
    budget_snapshot: BUDGET,
    escape_state: { remembered_paths: ["/etc/hosts"] },
    workspace_path: null,
    model: "m",
    git_state: { branch: "main", commit: null },
  };
}

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("half \ud83d", "\udc00", "\ud800\ud800", "\u0000\u2028", "👩 é", '"quotes" \\ud800'),
);

/** Any JSON; with half surrogate pairs in keys and values. */
export const anyJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(null, true, false, -0, 2 ** 53, 2 ** 64, 1e308, Number.MAX_VALUE),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4 }),
  ),
})).value;

export function nested(levels: number): Json {
  let value: Json = "the bottom";
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { down: value };
  return value;
}

const deep = fc.constantFrom(100, 119, 121, 122, 123, 124, 125, 127, 128, 400, 3000).map(nested);
const value = fc.oneof({ weight: 9, arbitrary: anyJson }, { weight: 1, arbitrary: deep });

/** Content in each of Astrid's shapes, nearly in one, and in none. */
const content: fc.Arbitrary<Json> = fc.oneof(
  text,
  fc.array(fc.record({ id: text, name: text, arguments: value }), { maxLength: 3 }),
  fc.array(fc.record({ id: text, name: text, arguments: value, more: anyJson }), { maxLength: 2 }),
  fc.record(
    { call_id: text, content: text, is_error: fc.boolean() },
    { requiredKeys: ["call_id", "content"] },
  ),
  fc.record({ call_id: text, content: text, is_error: anyJson, more: anyJson }),
  fc.array(
    fc.oneof(
      fc.record({ type: fc.constant("text"), text }),
      fc.record({ type: fc.constant("image"), data: text, media_type: text }),
      fc.record({ type: fc.constant("image"), data: text, media_type: text, detail: text }),
    ),
    { maxLength: 3 },
  ),
  fc.array(text, { maxLength: 4 }),
  fc.constantFrom<Json>(
    [["a", "b", 1]],
    [["text", "t"]],
    [["image", "d", "m"]],
    [["text"]],
    [{ id: "a", name: "b" }],
  ),
  value,
);

const role = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("system", "user", "assistant", "tool") },
  { weight: 2, arbitrary: fc.constantFrom("critic", "User", "", "\ud800") },
);

/** Messages of every shape, with further keys of every kind. */
export const anyMessage: fc.Arbitrary<Message> = fc
  .tuple(
    fc.record(
      { role, content, id: text, at: fc.constant("2026-01-01T00:00:00Z") },
      { requiredKeys: ["role", "content"] },
    ),
    fc.dictionary(text, anyJson, { maxKeys: 2 }),
  )
  .map(([known, more]) => Message.from({ ...more, ...known }));

export { text as anyText };
