import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { astrid } from "../../src/importers/native/astrid/astrid.ts";
import { ImportError } from "../../src/index.ts";
import { readAll } from "./read-native.ts";
import { ALLOWANCE } from "../session/grants.ts";

const DOCUMENT = {
  id: "1a2b3c4d-0000-4000-8000-000000000000",
  user_id: "0101010101010101",
  messages: [
    { role: "user", content: 'a "quoted" ], } text, with \\ and , in it' },
    { role: "tool", content: { call_id: "1", content: "[{", is_error: false } },
    { role: "assistant", content: [[], {}, [1, [2, [3]]]], later_key: true },
  ],
  system_prompt: 'You are "messages": [ helpful',
  created_at: "2026-02-20T10:11:12.123456789Z",
  token_count: 321,
  metadata: {
    title: "Kept",
    tags: ["a"],
    turn_count: 1,
    tool_call_count: 2,
    approval_count: 0,
    custom: {},
    later: 1,
  },
  allowances: [ALLOWANCE],
  model: "m",
  later_key: { messages: [1, 2] },
};

const { messages: _, ...HEAD } = DOCUMENT;

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "astrid-import-"));
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function file(content: string): string {
  const path = join(base, "document");
  writeFileSync(path, content);
  return path;
}

test.each([
  ["pretty-printed", JSON.stringify(DOCUMENT, undefined, 2)],
  ["compact", JSON.stringify(DOCUMENT)],
  ["with its messages last", JSON.stringify({ ...HEAD, x: 0, messages: DOCUMENT.messages })],
])("a document that is %s", async (_how, text) => {
  const path = file(text);
  expect(await astrid.recognises(path)).toBe(true);
  const { session, messages, problems, end } = await readAll(astrid, path);
  expect(session.id).toBe(DOCUMENT.id);
  expect(messages).toEqual(DOCUMENT.messages);
  expect(problems).toEqual([]);
  expect(session.head).toMatchObject({
    userId: "0101010101010101",
    createdAt: "2026-02-20T10:11:12.123456789Z",
    title: "Kept",
    allowances: [ALLOWANCE],
    metadataExtra: { later: 1 },
  });
  expect(session.head.extra["later_key"]).toEqual({ messages: [1, 2] });
  expect(end.changes.tokenCount).toBe(321);
});

test("no messages", async () => {
  const { messages } = await readAll(
    astrid,
    file(JSON.stringify({ ...DOCUMENT, messages: [] }, undefined, 2)),
  );
  expect(messages).toEqual([]);
});

test("keys that describe a checkpoint's file stay behind", async () => {
  const ours = {
    ...DOCUMENT,
    format: 1,
    revision: 7,
    checksum: "00000000",
    journal_offset: 3,
    message_count: 3,
  };
  const { session } = await readAll(astrid, file(JSON.stringify(ours)));
  expect(Object.keys(session.head.extra)).toEqual(["later_key"]);
});

test("a message that is none is told and skipped", async () => {
  const broken = JSON.stringify({
    ...DOCUMENT,
    messages: [DOCUMENT.messages[0], 3, { role: 1 }, DOCUMENT.messages[1]],
  });
  const { messages, problems } = await readAll(astrid, file(broken));
  expect(messages).toEqual(DOCUMENT.messages.slice(0, 2));
  expect(problems).toHaveLength(2);
  expect(broken.slice(problems[0]?.offset)).toMatch(/^3,/);
});

test.each([
  ["JSON lines", `${JSON.stringify(DOCUMENT)}\n${JSON.stringify(DOCUMENT)}`],
  ["an array", JSON.stringify([DOCUMENT])],
  ["cut off", JSON.stringify(DOCUMENT).slice(0, -1)],
  ["another document", '{"messages":[],"id":1}'],
  ["empty", ""],
])("%s is no document", async (_what, text) => {
  expect(await astrid.recognises(file(text))).toBe(false);
});

test.each([
  ["an id that is no UUID", { id: "x" }],
  ["a wrong type", { token_count: "many" }],
])("%s: the file is refused", async (_what, change) => {
  await expect(readAll(astrid, file(JSON.stringify({ ...DOCUMENT, ...change })))).rejects.toThrow(
    ImportError,
  );
});
