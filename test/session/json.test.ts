import { describe, expect, test } from "vitest";
import {
  freezeParsed,
  frozenJson,
  isJsonObject,
  jsonEquals,
  jsonText,
  type Json,
} from "../../src/session/json/json.ts";

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

function depthOf(value: Json): number {
  let depth = 0;
  for (let at: Json | undefined = value; Array.isArray(at); at = (at as readonly Json[])[0]) depth++;
  return depth;
}

describe("a frozen copy", () => {
  test("is deep: later changes of the original do not reach it", () => {
    const original = { list: [{ n: 1 }], text: "a" };
    const copy = frozenJson(original, "value");
    original.list.push({ n: 2 });
    (original.list[0] as { n: number }).n = 9;
    original.text = "b";
    expect(copy).toEqual({ list: [{ n: 1 }], text: "a" });
  });

  test("is deeply frozen, the original is not", () => {
    const original = { list: [{ n: 1 }] };
    const copy = frozenJson(original, "value") as { list: object[] };
    for (const part of [copy, copy.list, copy.list[0]]) expect(Object.isFrozen(part)).toBe(true);
    for (const part of [original, original.list, original.list[0]]) expect(Object.isFrozen(part)).toBe(false);
  });

  test("leaves out properties that are undefined", () => {
    expect(Object.keys(frozenJson({ a: undefined, b: 1 }, "value") as object)).toEqual(["b"]);
  });

  test("keeps the order of keys, and keys that mean something to JavaScript", () => {
    const text = '{"z":1,"__proto__":{"polluted":true},"constructor":null,"":0,"a":2}';
    const copy = frozenJson(JSON.parse(text), "value");
    expect(jsonText(copy)).toBe(text);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect("polluted" in {}).toBe(false);
  });

  test("takes objects without a prototype", () => {
    const original = Object.assign(Object.create(null) as object, { a: 1 });
    expect(jsonText(frozenJson(original, "value"))).toBe('{"a":1}');
  });

  test("takes one object at two places", () => {
    const shared = { a: [1] };
    expect(frozenJson([shared, { b: shared }], "value")).toEqual([{ a: [1] }, { b: { a: [1] } }]);
  });

  test("of a frozen copy is that copy", () => {
    const copy = frozenJson({ a: [-0] }, "value");
    expect(frozenJson(copy, "again")).toBe(copy);
    expect(jsonText(frozenJson({ inside: copy }, "around"))).toBe('{"inside":{"a":[-0]}}');
  });
});

describe("what JSON cannot express is refused, by its place", () => {
  class Point {
    x = 1;
  }
  const cycle: { a: unknown[] } = { a: [1] };
  cycle.a.push({ back: cycle });

  const refused: [name: string, value: unknown, message: string][] = [
    ["undefined", undefined, "content is undefined, not JSON"],
    ["undefined in an array", [1, undefined], "content[1] is undefined, not JSON"],
    ["a hole in an array", Object.assign(new Array(2), { 1: 0 }), "content[0] is undefined, not JSON"],
    ["Infinity", { a: [0, Infinity] }, "content.a[1] is Infinity, not JSON"],
    ["-Infinity", -Infinity, "content is -Infinity, not JSON"],
    ["NaN", { a: { b: NaN } }, "content.a.b is NaN, not JSON"],
    ["a bigint", [1n], "content[0] is a bigint, not JSON"],
    ["a function", { toJSON: () => 1 }, "content.toJSON is a function, not JSON"],
    ["a symbol", Symbol("s"), "content is a symbol, not JSON"],
    ["a date", { when: new Date() }, "content.when is a Date; pass plain JSON (a date as a string)"],
    ["a map", new Map(), "content is a Map; pass plain JSON"],
    ["bytes", Buffer.from("x"), "content is a Buffer; pass plain JSON"],
    ["an instance of a class", new Point(), "content is a Point; pass plain JSON"],
    [
      "what inherits from a plain object",
      Object.create({ inherited: 1 }),
      "content is an Object; pass plain JSON",
    ],
    ["what contains itself", cycle, "content.a[1].back contains itself"],
  ];
  test.each(refused)("%s", (_name, value, message) => {
    expect(() => frozenJson(value, "content")).toThrow(TypeError);
    expect(() => frozenJson(value, "content")).toThrow(message);
  });

  test("a wide value that contains itself is refused before it fills the memory", () => {
    const wide: { list: unknown[]; self?: unknown } = { list: Array.from({ length: 100_000 }, () => ({})) };
    wide.list.unshift(wide);
    wide.self = wide;
    expect(() => frozenJson(wide, "content")).toThrow("contains itself");
  });
});

describe("the text is exact", () => {
  const texts = [
    ...["-0", "[-0,0]", '{"a":{"b":[-0]}}', "5e-324", "1.7976931348623157e+308", "9007199254740991", "1e+21"],
    ...[
      '""',
      '"\\ud800"',
      '"a\\udc00b"',
      '["\\u0000\\n\\u2028".length]'.replace(".length", ""),
      "[]",
      "{}",
      "[[],{}]",
    ],
    ...[
      '{"__proto__":-0}',
      '{"2":1,"10":-0,"b":{},"a":[]}',
      '{"\\ud800":-0}',
      "null",
      "[true,false,null,-0]",
    ],
  ];
  test.each(texts)("%s", (text) => {
    const parsed = JSON.parse(text) as Json;
    const value = jsonText(frozenJson(parsed, "value"));
    expect(jsonEquals(JSON.parse(value) as Json, parsed)).toBe(true);
    expect(value.replace("\u2028", "\\u2028")).toBe(text);
  });

  test("a number beyond the double range in a file stays beyond it", () => {
    const value = freezeParsed(JSON.parse("[1e999,-1e999,1]") as Json);
    expect(jsonText(value)).toBe("[1e999,-1e999,1]");
  });

  test("also of an object that was built around frozen values, or never frozen", () => {
    const frozen = freezeParsed(JSON.parse('{"deep":[[-0]]}') as Json);
    expect(jsonText({ around: [frozen] })).toBe('{"around":[{"deep":[[-0]]}]}');
    expect(jsonText({ plain: -0 })).toBe('{"plain":-0}');
  });

  test("at any depth", () => {
    const copy = frozenJson(nested(50_000), "value");
    expect(depthOf(copy)).toBe(50_000);
    const text = jsonText(copy);
    expect(text).toBe(`${"[".repeat(50_000)}1${"]".repeat(50_000)}`);
    const parsed = freezeParsed(JSON.parse(text) as Json);
    expect(jsonText(parsed)).toBe(text);
    expect(jsonText({ around: parsed })).toBe(`{"around":${text}}`);
    expect(jsonEquals(parsed, copy)).toBe(true);
  });
});

describe("what came out of JSON.parse", () => {
  test("is frozen in place, deeply", () => {
    const parsed = JSON.parse('{"a":[{"__proto__":{"b":1}}]}') as { a: object[] };
    expect(freezeParsed(parsed as unknown as Json)).toBe(parsed);
    for (const part of [parsed, parsed.a, parsed.a[0]]) expect(Object.isFrozen(part)).toBe(true);
    const inner = Object.entries(parsed.a[0] as object).map(([, value]) => value as object);
    expect(inner.every((value) => Object.isFrozen(value))).toBe(true);
  });
});

describe("equality", () => {
  const equal: [Json | undefined, Json | undefined][] = [
    [
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ],
    [[], []],
    [undefined, undefined],
    [JSON.parse('{"__proto__":1}') as Json, JSON.parse('{"__proto__":1}') as Json],
  ];
  test.each(equal)("%j equals %j", (left, right) => {
    expect(jsonEquals(left, right)).toBe(true);
  });

  const different: [Json | undefined, Json | undefined][] = [
    [0, -0],
    [[0], [-0]],
    [[], {}],
    [{}, null],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1 }, { b: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
    ["1", 1],
    [null, undefined],
    [{ toString: 1 }, { b: 1 }],
    [JSON.parse('{"__proto__":1}') as Json, {}],
    [JSON.parse('{"__proto__":{}}') as Json, { a: 1 }],
    [{}, JSON.parse('{"__proto__":{}}') as Json],
  ];
  test.each(different)("%j differs from %j", (left, right) => {
    expect(jsonEquals(left, right)).toBe(false);
    expect(jsonEquals(right, left)).toBe(false);
  });

  test("an object is a JSON object, an array and null are not", () => {
    expect([{}, [], null, "x"].map(isJsonObject)).toEqual([true, false, false, false]);
  });
});
