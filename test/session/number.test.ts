import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  freezeParsed,
  frozenJson,
  jsonEquals,
  jsonText,
  mergedObject,
  parseJson,
  type Json,
  type JsonObject,
} from "../../src/session/json/json.ts";
import { Message, parseMessage } from "../../src/session/message.ts";
import { holdsOddNumber } from "../../src/session/json/number.ts";

const ODD = [
  ...["9007199254740993", "-9007199254740993", "18446744073709551615", "123456789012345678901234567890"],
  ...["1.0", "-1.0", "0.10", "1e5", "1E5", "1e+5", "1.5e-3", "-0.0", "0e0", "1e999", "-1e400", "100.00"],
  ...["0.0000001", "0.12345678901234567", "1234567890.1234567", "5e-324", "1.7976931348623157e308", "2.50"],
];
const PLAIN = ["0", "-0", "1", "-17", "9007199254740991", "0.1", "1.25", "100", "0.30000000000000004"];

describe("a number that was read keeps its text", () => {
  test.each([...ODD, ...PLAIN])("%s", (number) => {
    for (const text of [
      `[${number}]`,
      `{"a":${number}}`,
      `{"a":[1,{"b":[${number},2]}],"c":${number}}`,
      `{"role":"user","content":[{"id":"a","name":"b","arguments":{"id":${number}}}]}`,
    ]) {
      expect(jsonText(parseJson(text))).toBe(text);
    }
  });

  // JavaScript writes these three so as well.
  const same = new Set(["1e999", "1234567890.1234567", "5e-324"]);
  test.each(ODD.filter((number) => !same.has(number)))("%s is looked for", (number) => {
    for (const text of [`[${number}]`, `{"a": ${number}}`, `[1,\n${number}]`])
      expect(holdsOddNumber(text)).toBe(true);
  });

  test("within strings, or as JavaScript writes it, it is not", () => {
    for (const text of [String.raw`["\": 1.0, 2.0",1]`, `{"a":"[1.0","b":[1,-2.5,1e+21,0.5]}`])
      expect(holdsOddNumber(text), text).toBe(false);
  });

  test("what JavaScript sees is the double", () => {
    const value = parseJson('{"id":9007199254740993,"x":1.0}') as { id: number; x: number };
    expect(value).toEqual({ id: 9007199254740992, x: 1 });
    expect(JSON.stringify(value)).toBe('{"id":9007199254740992,"x":1}');
  });

  test("in a text with blanks, escapes, keys that occur twice, and numbers within strings", () => {
    const cases: [text: string, written: string][] = [
      ['{ "a" : 1.0 ,\n "b\\u0041" : [ 2.0 , 3 ] }', '{"a":1.0,"bA":[2.0,3]}'],
      ['{"s":": 1.0, 2.0","t":"\\\\","n":3.0}', '{"s":": 1.0, 2.0","t":"\\\\","n":3.0}'],
      ['{"a":1.0,"a":1}', '{"a":1}'],
      ['{"a":1,"a":1.0}', '{"a":1.0}'],
      ['{"a":{"x":1.0},"a":{"y":2.0}}', '{"a":{"y":2.0}}'],
      ['{"a":{"x":1.0},"a":{"x":1}}', '{"a":{"x":1}}'],
      ['{"a":[1.0,2.0],"a":5}', '{"a":5}'],
      ['{"a":5.0,"a":[1,[2.0]]}', '{"a":[1,[2.0]]}'],
      [
        '{"__proto__":1.0,"":2.0,"constructor":{"__proto__":[3.0]}}',
        '{"__proto__":1.0,"":2.0,"constructor":{"__proto__":[3.0]}}',
      ],
      ['[true,null,false,"x",[],{},1.0]', '[true,null,false,"x",[],{},1.0]'],
    ];
    for (const [text, written] of cases) expect(jsonText(parseJson(text)), text).toBe(written);
  });

  test("at any depth", () => {
    const text = `${"[".repeat(20_000)}1.0${"]".repeat(20_000)}`;
    expect(jsonText(parseJson(text))).toBe(text);
  });

  test("in whatever is made of it", () => {
    const message = parseMessage(
      '{"role":"assistant","content":[{"id":"a","name":"b","arguments":{"id":1.0}}]}',
    );
    expect(jsonText(Message.from(message))).toContain("1.0");
    expect(jsonText(Message.from({ ...message, id: "m" }))).toContain('"arguments":{"id":1.0}');
    const [call] = message.content as [JsonObject];
    expect(jsonText(call)).toContain("1.0");
    expect(jsonText(frozenJson({ all: [call["arguments"]] }, "value"))).toBe('{"all":[{"id":1.0}]}');
  });

  test("when objects are put together", () => {
    const [left, right] = [
      parseJson('{"a":1.0,"b":2.0}'),
      parseJson('{"b":2,"c":3.0,"d":4.0}'),
    ] as JsonObject[];
    const both = mergedObject([left as JsonObject, right as JsonObject], (key) => key !== "d");
    expect(jsonText(both)).toBe('{"a":1.0,"b":2,"c":3.0}');
    expect(jsonText(freezeParsed(both))).toBe('{"a":1.0,"b":2,"c":3.0}');
  });

  test("whole, in every text that JSON has", () => {
    const number = fc.oneof(
      fc.constantFrom(...ODD, ...PLAIN),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => String(value)),
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    );
    const { text } = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 5 },
        number,
        fc.string({ unit: "binary" }).map((value) => JSON.stringify(value)),
        fc.constantFrom("true", "null"),
        fc.array(tie("text")).map((items) => `[${items.join(",")}]`),
        fc
          .uniqueArray(fc.tuple(fc.string(), tie("text")), { selector: ([key]) => key })
          .map((entries) => entries.filter(([key]) => !/^\d+$/.test(key)))
          .map(
            (entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`,
          ),
      ),
    }));
    fc.assert(
      fc.property(text, (json) => {
        expect(jsonText(parseJson(`[${json}]`))).toBe(`[${json}]`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("equality", () => {
  const same = (left: string, right: string): boolean => jsonEquals(parseJson(left), parseJson(right));

  test("is that of JavaScript's numbers", () => {
    expect(same('{"a":1.0}', '{"a":1}')).toBe(true);
    expect(same('{"a":1.0}', '{"a":1.00}')).toBe(true);
    expect(jsonEquals(parseJson("[9007199254740993]"), [9007199254740992] as Json)).toBe(true);
    expect(same("[1.0]", "[2.0]")).toBe(false);
  });

  test("tells whole numbers beyond doubles apart", () => {
    expect(same("[18446744073709551615]", "[18446744073709551614]")).toBe(false);
    expect(same("[18446744073709551615]", "[18446744073709551615]")).toBe(true);
  });
});
