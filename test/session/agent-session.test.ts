import { describe, expect, test } from "vitest";
import { AgentSession } from "../../src/session/agent-session.ts";
import {
  InvalidArgumentError,
  InvalidMessageError,
  InvalidSessionError,
  InvalidSessionIdError,
} from "../../src/session/errors/errors.ts";
import { Message } from "../../src/session/message.ts";
import { isSessionId, newSessionId } from "../../src/session/session-id.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, n) => Message.user(`message ${n + 1}`));

describe("a new session", () => {
  test("has an id, a time, and nothing else", () => {
    const before = Date.now();
    const session = new AgentSession();
    expect(isSessionId(session.id)).toBe(true);
    expect(Date.parse(session.createdAt)).toBeGreaterThanOrEqual(before);
    expect(session.head()).toStrictEqual({
      ...{ userId: "0000000000000000", createdAt: session.createdAt, tokenCount: 0, title: null, tags: [] },
      ...{
        turnCount: 0,
        toolCallCount: 0,
        approvalCount: 0,
        custom: {},
        metadataExtra: {},
        workspacePath: null,
      },
      ...{
        workspaceId: null,
        parentId: null,
        model: null,
        gitState: null,
        budgetSnapshot: null,
        escapeState: null,
      },
      ...{ allowances: [], systemPrompt: "", extra: {} },
    });
    expect(session.messages).toEqual([]);
  });

  test("takes options, and options that are undefined as left out", () => {
    const id = newSessionId();
    const session = new AgentSession({
      ...{
        id,
        userId: "0123456789abcdef",
        systemPrompt: "Be brief.",
        createdAt: "2026-01-01T00:00:00.123456789Z",
      },
      ...{
        workspacePath: "/work",
        workspaceId: "w",
        model: undefined,
        metadata: { title: "T", tags: undefined as never },
      },
      messages: numbered(2),
    });
    expect(session.id).toBe(id);
    expect(session.createdAt).toBe("2026-01-01T00:00:00.123456789Z");
    expect(session.head()).toMatchObject({
      userId: "0123456789abcdef",
      systemPrompt: "Be brief.",
      model: null,
    });
    expect(session.metadata).toMatchObject({ title: "T", tags: [] });
    expect(session.messages).toEqual(numbered(2));
    expect(session.tokenCount).toBe(4);
  });

  const refused: [object, string][] = [
    [{ userId: "alice" }, "userId must be 16 hex digits"],
    [{ createdAt: "yesterday" }, "createdAt must be an RFC 3339 time"],
    [{ systemPrompt: null }, "systemPrompt must be a string"],
    [{ parentId: "parent" }, "parentId must be a session id or null"],
    [{ metadata: { turnCount: -1 } }, "turnCount must be a whole number"],
    [{ metadata: { turnCount: 1.5 } }, "turnCount must be a whole number"],
    [{ metadata: { titel: "x" } }, "titel is not a field of a session"],
  ];
  test.each(refused)("refuses %j", (options, detail) => {
    expect(() => new AgentSession(options)).toThrow(InvalidSessionError);
    expect(() => new AgentSession(options)).toThrow(detail);
  });

  test("refuses what is not an id", () => {
    expect(() => new AgentSession({ id: "../../etc/passwd" })).toThrow(InvalidSessionIdError);
  });
});

describe("addMessage", () => {
  test("adds Astrid's estimate: the bytes of a text by four, 100 for anything else", () => {
    const session = new AgentSession();
    const added: [Message, number][] = [
      [Message.user(""), 0],
      [Message.user("abc"), 0],
      [Message.user("abcd"), 1],
      [Message.user("€€€€"), 3],
      [Message.user("👩"), 1],
      [Message.toolCalls([]), 100],
      [Message.toolResult({ callId: "c", content: "x".repeat(4000) }), 100],
      [Message.from({ role: "user", content: null }), 100],
    ];
    for (const [message, tokens] of added) {
      const before = session.tokenCount;
      session.addMessage(message);
      expect(session.tokenCount - before).toBe(tokens);
    }
    expect(session.messageCount).toBe(added.length);
  });

  test("adds what a replaced estimator says, also later and in a child", () => {
    const session = new AgentSession({ estimateTokens: () => 7, messages: numbered(2) });
    expect(session.tokenCount).toBe(14);
    session.replaceMessages(numbered(3));
    expect(session.tokenCount).toBe(21);
    const child = session.child();
    child.addMessage(Message.user("x"));
    expect(child.tokenCount).toBe(7);
  });

  test.each([NaN, -1, 0.5, Infinity, "7"])("refuses an estimate of %s, and adds nothing", (estimate) => {
    const session = new AgentSession({ estimateTokens: () => estimate as number });
    expect(() => session.addMessage(Message.user("x"))).toThrow(InvalidArgumentError);
    expect([session.messageCount, session.tokenCount]).toEqual([0, 0]);
  });

  test("refuses what is not a message, and adds nothing", () => {
    const session = new AgentSession({ messages: numbered(1) });
    expect(() => session.addMessage({ role: "user" } as never)).toThrow(InvalidMessageError);
    expect(() => session.replaceMessages([Message.user("a"), {} as never])).toThrow(InvalidMessageError);
    expect(() => session.spliceMessages(0, 1, {} as never)).toThrow(InvalidMessageError);
    expect([session.messages, session.tokenCount]).toEqual([numbered(1), 2]);
  });

  test("keeps a copy: the given object may change afterwards", () => {
    const session = new AgentSession();
    const given = { role: "user", content: { list: [1] } };
    session.addMessage(given);
    given.content.list.push(2);
    given.role = "tool";
    expect(session.messages).toEqual([{ role: "user", content: { list: [1] } }]);
  });
});

describe("the messages", () => {
  test("are a frozen array that later changes do not touch", () => {
    const session = new AgentSession({ messages: numbered(2) });
    const before = session.messages;
    expect(session.messages).toBe(before);
    session.addMessage(Message.user("message 3"));
    expect(session.messages).toEqual(numbered(3));
    session.spliceMessages(0, 1);
    expect(before).toEqual(numbered(2));
    expect(session.messages.map(({ content }) => content)).toEqual(["message 2", "message 3"]);
    expect(() => (before as Message[]).push(Message.user("x"))).toThrow(TypeError);
    expect(() => Object.assign(before[0] as object, { role: "tool" })).toThrow(TypeError);
  });

  test("the last of them, oldest first", () => {
    const session = new AgentSession({ messages: numbered(3) });
    const last = (count: number) => session.lastMessages(count).map(({ content }) => content);
    expect(last(2)).toEqual(["message 2", "message 3"]);
    expect(last(9)).toHaveLength(3);
    expect([last(0), last(-1)]).toEqual([[], []]);
  });

  test("clear removes all, and the tokens", () => {
    const session = new AgentSession({ messages: numbered(3), systemPrompt: "kept" });
    session.clearMessages();
    expect([session.messages, session.messageCount, session.tokenCount]).toEqual([[], 0, 0]);
    expect(session.systemPrompt).toBe("kept");
  });

  test("replace and splice count the tokens anew", () => {
    const session = new AgentSession({ messages: numbered(5) });
    const removed = session.spliceMessages(1, 3, Message.user("12345678"));
    expect(removed).toEqual(numbered(5).slice(1, 4));
    expect(session.messages.map(({ content }) => content)).toEqual(["message 1", "12345678", "message 5"]);
    expect(session.tokenCount).toBe(2 + 2 + 2);
    session.spliceMessages(-1, 1);
    expect(session.messageCount).toBe(2);
    session.replaceMessages([Message.toolCalls([])]);
    expect([session.messageCount, session.tokenCount]).toEqual([1, 100]);
  });

  test("the array that a store compares only grows at its end", () => {
    const session = new AgentSession({ messages: numbered(2) });
    const array = session.messageArray();
    session.addMessage(Message.user("x"));
    expect(session.messageArray()).toBe(array);
    session.spliceMessages(2, 1);
    expect(session.messageArray()).not.toBe(array);
    expect(array).toHaveLength(3);
  });
});

describe("Astrid's other methods", () => {
  test("duration counts from the creation", () => {
    const session = new AgentSession({ createdAt: "2026-01-01T00:00:00.500000001Z" });
    expect(session.duration(new Date("2026-01-01T00:01:00.500Z"))).toBe(60_000);
    expect(session.duration()).toBeGreaterThan(0);
  });

  test("isNearLimit: above the share, not at it", () => {
    const session = new AgentSession();
    session.tokenCount = 80;
    expect(session.isNearLimit(100)).toBe(false);
    session.tokenCount = 81;
    expect(session.isNearLimit(100)).toBe(true);
    expect(session.isNearLimit(100, 0.9)).toBe(false);
    expect(() => session.isNearLimit(0)).toThrow(InvalidArgumentError);
    expect(() => session.isNearLimit(NaN)).toThrow(InvalidArgumentError);
  });

  test("withWorkspace and withModel return the session", () => {
    const session = new AgentSession();
    expect(session.withWorkspace("/work", "id").withModel("m-1")).toBe(session);
    expect(session.head()).toMatchObject({ workspacePath: "/work", workspaceId: "id", model: "m-1" });
    session.withWorkspace("/other");
    expect(session.head()).toMatchObject({ workspacePath: "/other", workspaceId: null });
  });
});
