import { describe, expect, test } from "vitest";
import { InvalidMessageError } from "../../src/session/errors/errors.ts";
import { jsonText, type Json } from "../../src/session/json/json.ts";
import { Message, parsedMessage } from "../../src/session/message.ts";

describe("the constructors make what Astrid reads", () => {
  const image = { type: "image", data: "AAAA", media_type: "image/png" } as const;
  const call = { id: "c1", name: "fs:read", arguments: { path: "/a" } };
  const made: [string, Message, unknown][] = [
    ["system", Message.system("s"), { role: "system", content: "s" }],
    ["user", Message.user("u"), { role: "user", content: "u" }],
    ["assistant", Message.assistant("a"), { role: "assistant", content: "a" }],
    ["tool calls", Message.toolCalls([call]), { role: "assistant", content: [call] }],
    [
      "a tool result",
      Message.toolResult({ callId: "c1", content: "ok" }),
      { role: "tool", content: { call_id: "c1", content: "ok", is_error: false } },
    ],
    [
      "a failed tool result",
      Message.toolResult({ callId: "c1", content: "no", isError: true }),
      { role: "tool", content: { call_id: "c1", content: "no", is_error: true } },
    ],
    [
      "parts",
      Message.parts("user", [{ type: "text", text: "t" }, image]),
      { role: "user", content: [{ type: "text", text: "t" }, image] },
    ],
    [
      "an id and a time",
      Message.user("u", { id: "m1", at: "2026-01-01T00:00:00Z" }),
      { role: "user", content: "u", id: "m1", at: "2026-01-01T00:00:00Z" },
    ],
  ];
  test.each(made)("%s", (_name, message, expected) => {
    expect(message).toStrictEqual(expected);
    expect(Object.isFrozen(message)).toBe(true);
  });
});

describe("from", () => {
  test("keeps unknown roles, any content and further keys", () => {
    const given = { role: "critic", content: { any: [1, null] }, "x-key": { deep: [1] }, id: "m" };
    expect(Message.from(given)).toStrictEqual(given);
    expect(Message.from({ role: "user", content: null }).content).toBe(null);
  });

  test("copies: the given object may change afterwards", () => {
    const given = { role: "user", content: ["a"] };
    const message = Message.from(given);
    given.content.push("b");
    given.role = "tool";
    expect(message).toEqual({ role: "user", content: ["a"] });
    expect(() => (message.content as string[]).push("c")).toThrow(TypeError);
  });

  test("takes a message as it is", () => {
    const message = Message.user("a");
    expect(Message.from(message)).toBe(message);
    expect(Message.from({ ...message })).not.toBe(message);
  });

  const refused: [unknown, string][] = [
    [undefined, "message is undefined"],
    [null, "expected an object, found null"],
    ["text", "expected an object, found a string"],
    [[], "expected an object, found an array"],
    [{ content: "x" }, "role is missing"],
    [{ role: 1, content: "x" }, "role is a number"],
    [{ role: "user" }, "content is missing"],
    [{ role: "user", content: undefined }, "content is missing"],
    [{ role: "user", content: "x", id: 1 }, "id is a number"],
    [{ role: "user", content: "x", at: null }, "at is null"],
    [{ role: "user", content: { when: new Date() } }, "message.content.when is a Date"],
    [{ role: "user", content: [Infinity] }, "message.content[0] is Infinity"],
  ];
  test.each(refused)("refuses %j", (value, detail) => {
    expect(() => Message.from(value)).toThrow(InvalidMessageError);
    expect(() => Message.from(value)).toThrow(detail);
  });
});

describe("a parsed message", () => {
  test("is taken even where id and at are not what we would write", () => {
    const parsed = JSON.parse('{"role":"user","content":[-0],"id":7,"at":null}') as Json;
    const message = parsedMessage(parsed);
    expect(message).toBe(parsed);
    expect(Object.isFrozen(message.content)).toBe(true);
    expect(jsonText(message)).toBe('{"role":"user","content":[-0],"id":7,"at":null}');
    expect(Message.from(message)).toBe(message);
  });

  test("is refused without a role or content", () => {
    expect(() => parsedMessage({ role: "user" })).toThrow(InvalidMessageError);
    expect(() => parsedMessage({ content: "x" })).toThrow(InvalidMessageError);
    expect(() => parsedMessage([])).toThrow(InvalidMessageError);
  });
});
