import { describe, expect, test } from "vitest";
import { AgentSession } from "../../src/session/agent-session.ts";
import { checkHead } from "../../src/session/head.ts";
import { InvalidSessionError } from "../../src/session/errors/errors.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { ALLOWANCE, budget } from "./grants.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, n) => Message.user(`message ${n + 1}`));

describe("a child session", () => {
  const parent = new AgentSession({
    ...{
      userId: "0123456789abcdef",
      workspacePath: "/work",
      workspaceId: "w",
      model: "m-1",
      systemPrompt: "parent",
    },
    messages: numbered(2),
  });

  test("has the parent's user, workspace and model, and its own id, prompt and messages", () => {
    const child = parent.child({ systemPrompt: "child", model: undefined });
    expect(child.parentId).toBe(parent.id);
    expect(child.id).not.toBe(parent.id);
    const { userId, workspacePath, workspaceId, model } = parent.head();
    expect(child.head()).toMatchObject({ userId, workspacePath, workspaceId, model, parentId: parent.id });
    expect([child.systemPrompt, child.messageCount, child.tokenCount]).toEqual(["child", 0, 0]);
    expect(parent.child({ model: "m-2" }).model).toBe("m-2");
  });

  test("shares allowances and budget with it, both ways, and with its own children", () => {
    const child = parent.child();
    const grandchild = child.child();
    child.allowances = [ALLOWANCE];
    expect(parent.allowances).toEqual([ALLOWANCE]);
    parent.budgetSnapshot = budget(1.5);
    expect(grandchild.budgetSnapshot).toEqual(budget(1.5));
    expect(grandchild.head().allowances).toBe(parent.head().allowances);
  });
});

describe("what is set on a session", () => {
  test("is copied: the given object may change afterwards", () => {
    const session = new AgentSession();
    const allowances = [{ ...ALLOWANCE }];
    const snapshot = budget(1) as { session_spent_usd: number };
    const escape = { remembered_paths: ["/a"] };
    const git = { branch: "main", commit: null };
    session.allowances = allowances;
    session.budgetSnapshot = snapshot;
    session.escapeState = escape;
    session.gitState = git;
    session.metadata.tags = ["a"];
    const head = session.head();
    Object.assign(allowances[0] as object, { session_only: false });
    snapshot.session_spent_usd = 0;
    escape.remembered_paths.push("/b");
    git.branch = "other";
    (session.metadata.tags as string[]).push("b");
    session.metadata.custom["k"] = "v";
    expect(head.custom).toStrictEqual({});
    expect(head).toMatchObject({
      ...{ allowances: [ALLOWANCE], budgetSnapshot: budget(1), tags: ["a"], custom: {} },
      ...{ escapeState: { remembered_paths: ["/a"] }, gitState: { branch: "main", commit: null } },
    });
    expect(session.head()).toMatchObject({
      gitState: { branch: "other" },
      tags: ["a", "b"],
      custom: { k: "v" },
    });
  });

  const wrong: [string, (session: AgentSession) => void, string][] = [
    ["a user id", (session) => (session.userId = "alice"), "userId"],
    ["a token count", (session) => (session.tokenCount = 0.5), "tokenCount"],
    ["a title", (session) => (session.metadata.title = 5 as never), "title"],
    ["tags", (session) => (session.metadata.tags = undefined as never), "tags"],
    ["tags of numbers", (session) => (session.metadata.tags = [1] as never), "tags"],
    ["custom", (session) => (session.metadata.custom = null as never), "custom"],
    ["custom of numbers", (session) => (session.metadata.custom["a"] = 1 as never), "custom"],
    [
      "custom that is a map",
      (session) => (session.metadata.custom = new Map([["a", "b"]]) as never),
      "custom",
    ],
    ["a git state", (session) => (session.gitState = { branch: 1, commit: null } as never), "gitState"],
    ["a budget", (session) => (session.budgetSnapshot = {}), "budgetSnapshot"],
    [
      "an infinite budget",
      (session) => (session.budgetSnapshot = { session_spent_usd: Infinity }),
      "budgetSnapshot",
    ],
    [
      "a budget without its limits",
      (session) => (session.budgetSnapshot = { session_spent_usd: 1 }),
      "budgetSnapshot",
    ],
    ["an escape state", (session) => (session.escapeState = {}), "escapeState"],
    ["allowances", (session) => (session.allowances = {} as never), "allowances"],
    [
      "an allowance without a signature",
      (session) => (session.allowances = [{ ...ALLOWANCE, signature: "" }]),
      "allowances",
    ],
    [
      "a date in an allowance",
      (session) => (session.allowances = [{ at: new Date() as never }]),
      "allowances[0].at",
    ],
  ];
  test.each(wrong)(
    "%s of the wrong type is refused by name, at the latest when it is stored",
    (_name, set, named) => {
      const session = new AgentSession();
      const attempt = () => {
        set(session);
        checkHead(session.head());
      };
      expect(attempt).toThrow(InvalidSessionError);
      expect(attempt).toThrow(named);
    },
  );
});

describe("a session from its stored parts", () => {
  test("has the head that it was stored with", () => {
    const session = new AgentSession({ systemPrompt: "s", metadata: { title: "T", custom: { a: "b" } } });
    session.allowances = [ALLOWANCE];
    session.gitState = { branch: "main", commit: "abc" };
    session.tokenCount = 99;
    const head = {
      ...session.head(),
      extra: { later: [1] },
      metadataExtra: { mood: "good" },
      parentId: newSessionId(),
    };
    const again = AgentSession.fromStored(session.id, head, numbered(2));
    expect(again.head()).toStrictEqual(head);
    expect(again.extra).toEqual({ later: [1] });
    expect([again.id, again.messages, again.tokenCount]).toEqual([session.id, numbered(2), 99]);
  });
});
