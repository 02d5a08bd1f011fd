import { expect, test } from "vitest";
import { importPlace } from "./place.ts";

const place = importPlace();
const OWN = "019a93b9-f380-7600-98ff-940e6b99603c";
const P = "019e19b4-eb48-746a-aa6b-8dfcfa37954b";
const piHead = { type: "session", version: 3, id: P, timestamp: "2026-05-12T01:02:27.657Z", cwd: "/p" };
const entry = (type: string, id: string, parentId: string | null, fields: object): object => ({
  type,
  id,
  parentId,
  timestamp: "2026-05-12T01:02:28.000Z",
  ...fields,
});
const piUser = (id: string, parent: string | null, text: string): object =>
  entry("message", id, parent, { message: { role: "user", content: [{ type: "text", text }] } });
const piAnswer = (id: string, parent: string, content: unknown): object =>
  entry("message", id, parent, {
    message: {
      role: "assistant",
      content,
      model: "m",
      usage: { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, cost: { total: 0.25 } },
    },
  });

test("pi: the path to the last entry; calls, compactions, costs and names", async () => {
  const { session, messages } = await place.read([
    piHead,
    piUser("a", null, "one"),
    piAnswer("b", "a", [{ type: "toolCall", id: "t", name: "read", arguments: { path: "x" } }]),
    entry("message", "c", "b", {
      message: { role: "toolResult", toolCallId: "t", content: [{ type: "text", text: "ok" }] },
    }),
    piUser("wrong", "c", "wrong way"),
    piAnswer("wrong2", "wrong", [{ type: "text", text: "wrong" }]),
    entry("compaction", "d", "c", { summary: "so far", firstKeptEntryId: "b", tokensBefore: 99 }),
    piUser("e", "d", "right way"),
    entry("session_info", "f", "e", { name: "A name" }),
    entry("brand_new", "g", "f", {}),
  ]);
  expect(messages.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e"]);
  expect(messages[2]?.content).toEqual([
    { type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "ok" }] },
  ]);
  expect(messages[3]).toMatchObject({
    content: "so far",
    meta: true,
    compaction: { tokens_before: 99, keeps: 2 },
  });
  expect(session).toMatchObject({
    ...{ id: P, workspacePath: "/p", model: "m" },
    metadata: { title: "A name", turnCount: 2, toolCallCount: 1, custom: { source: "pi" } },
    extra: {
      usage: {
        cost_usd: 0.5,
        costs: [["2026-05-12T01", "m", 0.5]],
        tokens: [["2026-05-12T01", "m", 2, 4, 6, 8, 0]],
      },
    },
  });
});

test("pi: the first version has no ids; a session can begin as another one's", async () => {
  const { id: _a, parentId: _b, ...one } = piUser("a", null, "one") as Record<string, unknown>;
  const { id: _c, parentId: _d, ...two } = piUser("b", null, "two") as Record<string, unknown>;
  const head = { ...piHead, version: undefined, parentSession: `/x/2026_${OWN}.jsonl` };
  const { result, messages } = await place.read([head, one, two]);
  expect(messages).toHaveLength(2);
  expect(result.forkedFrom).toBe(OWN);
});

test("openclaw: pi's form under another name", async () => {
  const { session } = await place.read([
    { ...piHead, id: "my-session" },
    piUser("a", "t", "hi"),
    entry("custom", "x", "a", { customType: "openclaw.state" }),
  ]);
  expect(session.metadata.custom["source"]).toBe("openclaw");
});
