import { describe, expect, test } from "vitest";
import {
  headFromDocument,
  headToDocument,
  InvalidDocumentError,
  messageFromDocument,
} from "../../src/session/document.ts";
import { jsonText, parseJson, type Json, type JsonObject } from "../../src/session/json/json.ts";
import { ALLOWANCE, budget } from "./grants.ts";

const NO_KEYS: ReadonlySet<string> = new Set();
const ID = "1a2b3c4d-0000-4000-8000-000000000000";

/** As Astrid wrote it before allowances, budget, escape, workspace, model and git were kept. */
const oldDocument = {
  id: ID,
  user_id: "0101010101010101",
  messages: [{ role: "user", content: "Hello" }],
  system_prompt: "You are helpful",
  created_at: "2024-01-01T00:00:00Z",
  token_count: 1,
  metadata: { title: null, tags: [], turn_count: 0, tool_call_count: 0, approval_count: 0, custom: {} },
} satisfies JsonObject;

const fullDocument = {
  ...oldDocument,
  created_at: "2026-02-20T10:11:12.123456789Z",
  metadata: {
    ...{ title: "A title", tags: ["a", "b"], turn_count: 3, tool_call_count: 2, approval_count: 1 },
    custom: { theme: "dark" },
  },
  allowances: [ALLOWANCE],
  budget_snapshot: budget(1.25),
  escape_state: { remembered_paths: ["/etc/hosts"] },
  workspace_path: "/home/user/project",
  model: "m-1",
  git_state: { branch: "main", commit: null },
} satisfies JsonObject;

function roundTrip(document: JsonObject, ownKeys = NO_KEYS): JsonObject {
  return headToDocument(headFromDocument(document, ownKeys));
}

function withoutIdAndMessages(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([key]) => key !== "id" && key !== "messages"));
}

describe("a document that Astrid wrote", () => {
  test("without the optional keys has their initial values", () => {
    expect(headFromDocument(oldDocument, NO_KEYS)).toMatchObject({
      ...{ userId: "0101010101010101", createdAt: "2024-01-01T00:00:00Z", tokenCount: 1, title: null },
      ...{
        allowances: [],
        budgetSnapshot: null,
        escapeState: null,
        workspacePath: null,
        model: null,
        gitState: null,
      },
      ...{ workspaceId: null, parentId: null, extra: {}, metadataExtra: {}, systemPrompt: "You are helpful" },
    });
  });

  test("with all keys comes back as it was", () => {
    expect(roundTrip(fullDocument)).toStrictEqual({
      ...withoutIdAndMessages(fullDocument),
      ...{ workspace_id: null, parent_id: null },
    });
  });

  test("keeps unknown keys where they were found", () => {
    const odd = JSON.parse('{"__proto__": [1], "": {"a": -0}}') as JsonObject;
    const document = {
      ...fullDocument,
      ...{ later_key: { deep: [odd] }, extra: "a key of that name", metadata_extra: [1], ...odd },
      metadata: { ...fullDocument.metadata, mood: "good", extra: null, ...odd },
    };
    const expected = { ...withoutIdAndMessages(document), workspace_id: null, parent_id: null };
    expect(jsonText(sorted(roundTrip(document)))).toBe(jsonText(sorted(expected)));
  });

  test("loses the keys of the storage format, which are not the session's", () => {
    const document = { ...oldDocument, revision: 5, journal_offset: 7, kept: true };
    const head = headFromDocument(document, new Set(["revision", "journal_offset"]));
    expect(head.extra).toEqual({ kept: true });
  });

  test("is frozen", () => {
    const head = headFromDocument(structuredClone(fullDocument), NO_KEYS);
    for (const part of [head, head.allowances, head.allowances[0], head.custom])
      expect(Object.isFrozen(part)).toBe(true);
  });
});

describe("a user id that cannot be decoded reads as zeros", () => {
  test.each(["", "alice", "01010101010101", "01010101010101010", "zz01010101010101"])("%j", (user_id) => {
    expect(headFromDocument({ ...oldDocument, user_id }, NO_KEYS).userId).toBe("0000000000000000");
  });

  test("of a longer one the first eight bytes count", () => {
    expect(headFromDocument({ ...oldDocument, user_id: "0102030405060708AABB" }, NO_KEYS).userId).toBe(
      "0102030405060708",
    );
  });

  test("upper case is the same key", () => {
    expect(headFromDocument({ ...oldDocument, user_id: "ABCDEF0123456789" }, NO_KEYS).userId).toBe(
      "abcdef0123456789",
    );
  });
});

describe("an edited file cannot grant budget", () => {
  const cases: [text: string, spent: number][] = [
    ["-5", 0],
    ["-0.5", 0],
    ["0", 0],
    ["1.25", 1.25],
  ];
  test.each(cases)("spent %s reads as %d", (text, spent) => {
    const snapshot = parseJson(JSON.stringify(budget(7)).replace(":7,", `:${text},`));
    const head = headFromDocument({ ...oldDocument, budget_snapshot: snapshot }, NO_KEYS);
    expect(head.budgetSnapshot).toEqual(budget(spent));
  });

  test.each(["1e999", "-1e999"])("spent %s is refused, and clamped in a document of ours", (text) => {
    const snapshot = parseJson(`{"session_spent_usd":${text}}`) as JsonObject;
    expectRefusal({ ...oldDocument, budget_snapshot: { ...budget(0), ...snapshot } }, "budget_snapshot");
    const ours = headFromDocument({ ...oldDocument, format: 1, budget_snapshot: snapshot }, NO_KEYS);
    expect(ours.budgetSnapshot).toEqual({ session_spent_usd: text === "1e999" ? Number.MAX_VALUE : 0 });
  });
});

describe("a document of the wrong shape is refused by the name of the field", () => {
  const required = ["user_id", "system_prompt", "created_at", "token_count", "metadata"] as const;
  test.each(required)("without %s", (key) => {
    const document = Object.fromEntries(Object.entries(oldDocument).filter(([name]) => name !== key));
    expectRefusal(document, `${key} is missing`);
  });

  const requiredMetadata = ["tags", "turn_count", "tool_call_count", "approval_count", "custom"] as const;
  test.each(requiredMetadata)("without metadata.%s", (key) => {
    const metadata = Object.fromEntries(
      Object.entries(oldDocument.metadata).filter(([name]) => name !== key),
    );
    expectRefusal({ ...oldDocument, metadata }, `metadata.${key} is missing`);
  });

  const wrong: [key: string, values: Json[]][] = [
    ["user_id", [null, 5, []]],
    ["system_prompt", [null, 5, {}]],
    ["created_at", [null, 5, "", "yesterday", "2024-01-01", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00"]],
    ["created_at", ["2024-02-30T00:00:00Z", "12024-01-01T00:00:00Z"]],
    ["token_count", [null, "5", 1.5, -1, -0, 1e300, 2 ** 64]],
    ["metadata", [null, [], "x"]],
    ["allowances", [null, {}, "x", [{ id: ID }], [null]]],
    ["budget_snapshot", [[], "x", {}, { ...budget(0), session_spent_usd: "0" }, { session_spent_usd: 0 }]],
    ["escape_state", [[], "x", {}, { remembered_paths: [5] }, { remembered_paths: null }]],
    ["workspace_path", [5, {}]],
    ["workspace_id", [5]],
    ["parent_id", [5, "not an id"]],
    ["model", [5, []]],
    ["git_state", [[], "main", { branch: 5, commit: null }, { branch: null, commit: [] }]],
  ];
  test.each(wrong.flatMap(([key, values]) => values.map((value) => [key, value] as const)))(
    "%s %j",
    (key, value) => {
      expectRefusal({ ...fullDocument, [key]: value }, key);
    },
  );

  const wrongMetadata: [key: string, values: Json[]][] = [
    ["title", [5, []]],
    ["tags", [null, "x", [1], [null]]],
    ["turn_count", [null, -1, "1", 0.5]],
    ["tool_call_count", [null, -1]],
    ["approval_count", [null, -1]],
    ["custom", [null, [], { a: 1 }, { a: null }]],
  ];
  test.each(wrongMetadata.flatMap(([key, values]) => values.map((value) => [key, value] as const)))(
    "metadata.%s %j",
    (key, value) => {
      expectRefusal(
        { ...fullDocument, metadata: { ...fullDocument.metadata, [key]: value } },
        `metadata.${key}`,
      );
    },
  );

  test("a message, by its position", () => {
    expect(() => messageFromDocument({ role: 5, content: "" }, 7)).toThrow(InvalidDocumentError);
    expect(() => messageFromDocument({ role: 5, content: "" }, 7)).toThrow("messages[7]: ");
    expect(messageFromDocument({ role: "x", content: null, more: 1 }, 0)).toEqual({
      role: "x",
      content: null,
      more: 1,
    });
  });
});

function expectRefusal(document: JsonObject, named: string): void {
  expect(() => headFromDocument(document, NO_KEYS)).toThrow(InvalidDocumentError);
  expect(() => headFromDocument(document, NO_KEYS)).toThrow(named);
}

/** Keys in order, on both levels that a head has. */
function sorted(document: JsonObject): JsonObject {
  const entries = Object.entries(document).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === "metadata" ? sorted(value as JsonObject) : value]),
  );
}
