import { describe, expect, test } from "vitest";
import {
  checkHead,
  EMPTY_HEAD,
  fromStoredChanges,
  HEAD_FIELDS,
  headChanges,
  listedFields,
  toStoredChanges,
  type HeadField,
  type SessionHead,
} from "../../src/session/head.ts";
import { jsonText, type Json, type JsonObject } from "../../src/session/json/json.ts";
import { parseSessionId } from "../../src/session/session-id.ts";
import { ALLOWANCE, budget } from "./grants.ts";

const other: SessionHead = {
  ...{
    userId: "0101010101010101",
    systemPrompt: "s",
    createdAt: "2026-01-01T00:00:00.123456789Z",
    tokenCount: 5,
  },
  ...{ title: "T", tags: ["a"], turnCount: 1, toolCallCount: 2, approvalCount: 3, custom: { k: "v" } },
  ...{ metadataExtra: { mood: -0 }, allowances: [ALLOWANCE], budgetSnapshot: budget(1) },
  ...{ escapeState: { remembered_paths: [] }, workspacePath: "/w", workspaceId: "w", model: "m" },
  ...{
    parentId: parseSessionId("1a2b3c4d-0000-4000-8000-000000000000"),
    gitState: { branch: "b", commit: null },
    extra: { x: [1] },
  },
};

describe("the changes between two heads", () => {
  test("are none between equal ones", () => {
    expect(headChanges(EMPTY_HEAD, EMPTY_HEAD)).toBeUndefined();
    expect(headChanges(other, structuredClone(other))).toBeUndefined();
  });

  test.each(HEAD_FIELDS)(
    "name %s alone when only it differs, and lead from one to the other",
    (field: HeadField) => {
      const to = { ...EMPTY_HEAD, [field]: other[field] };
      const changes = headChanges(EMPTY_HEAD, to);
      expect(changes).toStrictEqual({ [field]: other[field] });
      expect({ ...EMPTY_HEAD, ...changes }).toStrictEqual(to);
      expect(headChanges(to, EMPTY_HEAD)).toStrictEqual({ [field]: EMPTY_HEAD[field] });
    },
  );

  test("see a negative zero", () => {
    expect(headChanges({ ...other, extra: { n: 0 } }, { ...other, extra: { n: -0 } })).toBeDefined();
  });

  test("come back from how they are stored", () => {
    const changes = headChanges(EMPTY_HEAD, other) ?? {};
    const text = jsonText(toStoredChanges(changes));
    expect(text).toContain('"metadata_extra":{"mood":-0}');
    expect(fromStoredChanges(JSON.parse(text) as JsonObject)).toStrictEqual(changes);
    expect(fromStoredChanges({ ...toStoredChanges(changes), from_a_later_version: 1 })).toStrictEqual(
      changes,
    );
  });

  test("are checked field by field", () => {
    expect(() => checkHead(other)).not.toThrow();
    for (const field of HEAD_FIELDS) {
      expect(() => checkHead({ [field]: undefined }), field).toThrow(`${field} must be`);
      expect(() => checkHead({ [field]: true as Json }), field).toThrow(`${field} must be`);
    }
  });

  test("matter to a listing when they touch what it shows", () => {
    expect(listedFields(other, { tokenCount: 6, systemPrompt: "x" })).toBeUndefined();
    expect(listedFields(other, { title: "T" })).toMatchObject({ title: "T", tags: ["a"], model: "m" });
    expect(listedFields(other, { custom: {} })).toMatchObject({ title: "T", custom: other.custom });
  });
});
