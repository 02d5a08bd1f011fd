import { describe, expect, test } from "vitest";
import { documentText, EXACT_KEY } from "../../src/session/astrid/document-message.ts";
import { isSameToAstrid, messageToAstrid } from "../../src/session/astrid/message.ts";
import {
  headFromDocument,
  headToDocument,
  headToDocumentTexts,
  listedFromDocument,
  messageFromDocument,
} from "../../src/session/document.ts";
import { EMPTY_HEAD, type SessionHead } from "../../src/session/head.ts";
import { jsonText, parseJson, type Json, type JsonObject } from "../../src/session/json/json.ts";
import { parseMessage } from "../../src/session/message.ts";
import { ALLOWANCE, budget } from "./grants.ts";

const NO_KEYS: ReadonlySet<string> = new Set();
const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
const user = (content: string): string => `{"role":"user","content":${content}}`;

/** What a document has for a message, and what is read back from there. */
function throughDocument(text: string): { seen: JsonObject; back: string } {
  const line = documentText(Buffer.from(text)).toString("utf8");
  return { seen: JSON.parse(line) as JsonObject, back: jsonText(messageFromDocument(parseJson(line), 0)) };
}

describe("a message that Astrid can read stands in a document as it is", () => {
  test.each([
    user('"plain"'),
    user('"\\\\ud800 as text, 1e999 and [[[["'),
    user('"👩 é \\u0000"'),
    user(deep(124)),
    '{"role":"user","content":"x","id":"m","more":"\\ud800","most":[1e999]}',
    `{"role":"user","content":"x","deep":${deep(2000)}}`,
    user("[1e300,9007199254740993,1.0,-0]"),
  ])("%.60s", (text) => {
    const bytes = Buffer.from(text);
    expect(documentText(bytes)).toBe(bytes);
    expect(throughDocument(text).back).toBe(text);
  });
});

describe("what Astrid cannot read is kept beside what it can", () => {
  const cases: [text: string, role: string, content: Json][] = [
    [user('"half \\ud83d"'), "user", "half \ufffd"],
    [user('["\\udc00",{"\\ud800":1.0}]'), "user", ["\ufffd", { "\ufffd": 1 }]],
    ['{"role":"\\ud800","content":1}', "\ufffd", 1],
    ['{"role":"user","content":"x","\\ud800":1}', "user", "x"],
    [user('["\\ud800",-0,1.0]'), "user", ["\ufffd", -0, 1]],
    [user("[1e999,-1e999,1.0]"), "user", [Number.MAX_VALUE, -Number.MAX_VALUE, 1]],
    [user(`1${"0".repeat(400)}`), "user", Number.MAX_VALUE],
    [user(deep(125)), "user", JSON.parse(deep(124).replace("[]", "[null]")) as Json],
    [
      user(`{"a":${deep(3000)},"b":2}`),
      "user",
      { a: JSON.parse(deep(123).replace("[]", "[null]")) as Json, b: 2 },
    ],
    [`{"role":"user","content":"x","${EXACT_KEY}":{"role":"user","content":"y"}}`, "user", "x"],
  ];
  test.each(cases)("%.60s", (text, role, content) => {
    const { seen, back } = throughDocument(text);
    expect(Object.keys(seen)).toEqual(["role", "content", EXACT_KEY]);
    expect([seen["role"], seen["content"]]).toEqual([role, content]);
    expect(back).toBe(text);
  });

  test("and what somebody changed of it counts", () => {
    const line = documentText(Buffer.from(user('"half \\ud83d"'))).toString("utf8");
    const edited = line.replace("half \ufffd", "whole");
    expect(messageFromDocument(parseJson(edited), 0)).toEqual({ role: "user", content: "whole" });
    for (const exact of ["1", "null", '{"role":1}', '{"role":"user"}'])
      expect(
        messageFromDocument(parseJson(`{"role":"user","content":"a","${EXACT_KEY}":${exact}}`), 0),
      ).toEqual({ role: "user", content: "a" });
  });
});

describe("a head", () => {
  const half = "half \ud83d";
  const hostile: SessionHead = {
    ...EMPTY_HEAD,
    ...{ title: half, tags: ["a", half], custom: { k: half, [half]: "v" }, systemPrompt: half, model: half },
    ...{ workspacePath: half, workspaceId: half, gitState: { branch: half, commit: null } },
    allowances: [ALLOWANCE, { ...ALLOWANCE, action_pattern: { type: "custom", pattern: half } }],
    escapeState: { remembered_paths: [half] },
    extra: { [half]: 1, kept: half, deep: JSON.parse(deep(300)) as Json, [EXACT_KEY]: "a key of that name" },
    metadataExtra: { [half]: [2], kept: 3 },
  };

  test("that Astrid could not read comes back as it was", () => {
    const document = headToDocument(hostile);
    expect(Object.keys(document)[0]).toBe(EXACT_KEY);
    const seen = Object.fromEntries(Object.entries(document).filter(([key]) => key !== EXACT_KEY));
    expect(Object.keys(seen).every((key) => key.isWellFormed())).toBe(true);
    const { extra: _, metadataExtra: __, ...known } = hostile;
    for (const key of ["system_prompt", "model", "workspace_path"]) expect(seen[key]).toBe("half \ufffd");
    expect(JSON.stringify({ ...seen, kept: 0 })).not.toContain("\\ud83d");
    const back = headFromDocument(parseJson(jsonText(document)) as JsonObject, NO_KEYS);
    expect(back).toEqual(hostile);
    expect(listedFromDocument(document)).toMatchObject({
      title: half,
      model: known.model,
      tags: ["a", half],
    });
  });

  test("has what somebody changed of it", () => {
    const document = { ...headToDocument(hostile), system_prompt: "new" };
    const back = headFromDocument(parseJson(jsonText(document)) as JsonObject, NO_KEYS);
    expect(back).toEqual({ ...hostile, systemPrompt: "new" });
  });

  test("that an earlier version stored malformed comes back, and Astrid sees what it can", () => {
    const head: SessionHead = {
      ...EMPTY_HEAD,
      createdAt: "2024-02-30T00:00:00Z",
      allowances: [{ id: "grant" }, ALLOWANCE],
      budgetSnapshot: { session_spent_usd: 1 },
      escapeState: { remembered_paths: ["/a", 5] },
    };
    const document = headToDocument(head);
    expect(document).toMatchObject({
      created_at: "2024-03-01T00:00:00.000Z",
      allowances: [ALLOWANCE],
      budget_snapshot: null,
      escape_state: { remembered_paths: ["/a"] },
    });
    expect(headFromDocument(document, NO_KEYS)).toEqual(head);
    const earlier = {
      ...document,
      ...{ format: 1, created_at: head.createdAt, allowances: head.allowances },
    };
    const { [EXACT_KEY]: _, ...without } = earlier as JsonObject;
    expect(headFromDocument(without, new Set(["format"]))).toMatchObject({
      createdAt: head.createdAt,
      allowances: head.allowances,
    });
  });

  test("keeps the text of numbers", () => {
    const text =
      '{"user_id":"","created_at":"2024-01-01T00:00:00Z","token_count":0,"metadata":{"mood":2.0,"title":null,"tags":[],' +
      '"turn_count":0,"tool_call_count":0,"approval_count":0,"custom":{}},"system_prompt":"","later":1.0,' +
      `"budget_snapshot":${JSON.stringify(budget(7)).replace(":7,", ":7.0,")}}`;
    const head = headFromDocument(parseJson(text) as JsonObject, NO_KEYS);
    const texts = new Map(headToDocumentTexts(head));
    expect(texts.get("later")).toBe("1.0");
    expect(texts.get("metadata")).toContain('"mood":2.0');
    expect(texts.get("budget_snapshot")).toContain('"session_spent_usd":7.0');
    expect(jsonText(headToDocument(head))).toContain('"later":1.0');
  });

  test("has counts up to 2^64, in JavaScript's range, and none that Astrid refuses", () => {
    const of = (count: string): number =>
      headFromDocument(
        parseJson(
          jsonText(headToDocument(EMPTY_HEAD)).replace('"token_count":0', `"token_count":${count}`),
        ) as JsonObject,
        NO_KEYS,
      ).tokenCount;
    expect(of("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
    expect(of("9007199254740993")).toBe(Number.MAX_SAFE_INTEGER);
    expect(of("18446744073709551615")).toBe(Number.MAX_SAFE_INTEGER);
    for (const count of ["18446744073709551616", "1.0", "1e2", "-0", "-1", "1e30"])
      expect(() => of(count), count).toThrow("token_count must be a whole number");
  });
});

describe("what Astrid makes of a message", () => {
  const cases: [ours: string, its: string | undefined][] = [
    [user('"text"'), user('"text"')],
    ['{"role":"critic","content":"text"}', undefined],
    ['{"role":"user","content":"x","id":"m"}', user('"x"')],
    [
      user('[{"id":"a","name":"b","arguments":{"z":1,"a":2},"more":3}]'),
      user('[{"arguments":{"a":2,"z":1},"id":"a","name":"b"}]'),
    ],
    [user('[{"id":"a","name":"b"}]'), undefined],
    [user('{"call_id":"c","content":"x"}'), user('{"call_id":"c","content":"x","is_error":false}')],
    [user('{"call_id":"c","content":"x","is_error":null}'), undefined],
    [user('{"call_id":"c","content":["x"]}'), undefined],
    [
      user('[{"type":"image","data":"d","media_type":"m","detail":"low"}]'),
      user('[{"data":"d","media_type":"m","type":"image"}]'),
    ],
    [user('["c","t"]'), user('{"call_id":"c","content":"t","is_error":false}')],
    [user("[]"), user("[]")],
    [user("null"), undefined],
    [user('"half \\ud800"'), user('"half \ufffd"')],
  ];
  test.each(cases)("%s", (ours, its) => {
    const message = parseMessage(ours);
    const seen = messageToAstrid(message);
    expect(seen).toEqual(its === undefined ? undefined : parseMessage(its));
    if (its !== undefined) expect(isSameToAstrid(message, parseMessage(its))).toBe(true);
  });

  test("is told from another message", () => {
    const call = (number: string): string => user(`[{"id":"a","name":"b","arguments":{"n":${number}}}]`);
    const same = (left: string, right: string): boolean =>
      isSameToAstrid(parseMessage(call(left)), parseMessage(call(right)));
    expect(same("1.0", "1.0")).toBe(true);
    expect(same("1e2", "100.0")).toBe(true);
    // Astrid's parser is off by one in the last place.
    expect(same("9007199254740993.0", "9007199254740994.0")).toBe(true);
    expect(same("1", "2")).toBe(false);
    expect(same("18446744073709551615", "18446744073709551614")).toBe(false);
    expect(same("-9223372036854775808", "-9223372036854775807")).toBe(false);
    // Beyond 64 bits a whole number is a double to it.
    expect(same("23449132788766585000", "2.344913278876659e+19")).toBe(true);
    expect(same("23449132788766585000", "23449132788766589952")).toBe(true);
    expect(same("23449132788766585000", "23449132788776585000")).toBe(false);
    expect(isSameToAstrid(parseMessage(user('"a"')), parseMessage(user('"b"')))).toBe(false);
    expect(isSameToAstrid(parseMessage(user("null")), parseMessage(user("null")))).toBe(false);
  });
});
