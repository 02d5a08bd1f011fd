import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { messageFromRecord, recordFromMessage } from "../../src/importers/claude-code/record.ts";
import { parseJson, type JsonObject } from "../../src/session/json/json.ts";
import { fixture } from "./read.ts";

const SESSION = "11111111-2222-4333-8444-555555555555";

function turn(fields: object, text = "hello"): string {
  return JSON.stringify({
    type: "user",
    message: { role: "user", content: text },
    sessionId: SESSION,
    ...fields,
  });
}

test("records in any shape come back deep-equal from the messages that the SDK's adapter makes of them", () => {
  const lines = [
    ...readFileSync(fixture("session.jsonl"), "utf8").trim().split("\n"),
    turn({ uuid: 7, timestamp: "yesterday" }),
    turn({ timestamp: null, record: { message: 1 }, id: "own", at: "own", role: "own", content: "own" }),
    turn({ message: { role: 3, content: "no role" } }),
    turn({ message: { role: "user" } }),
    turn({ message: { role: "user", content: null, id: "m" } }),
    turn({ uuid: "", message: { content: { deep: [-0.5, 1e-7, "\ud800", "é"] }, role: "strange" } }),
    '{"__proto__":{"x":1},"sessionId":"s","type":"user","message":{"__proto__":2,"role":"user","content":{"__proto__":[]}}}',
    '{"type":5,"sessionId":"s"}',
    '{"sessionId":"s"}',
    "{}",
  ];
  for (const line of lines) {
    const message = messageFromRecord(parseJson(line) as JsonObject);
    expect(recordFromMessage(message)).toStrictEqual(JSON.parse(line));
  }
});
