import { lintSource } from "@secretlint/core";
import { creator as preset } from "@secretlint/secretlint-rule-preset-recommend";
import { describe, expect, test } from "vitest";
import { findSecrets } from "../../src/redaction/find-secrets.ts";
import { CANDIDATE_FORMATS, DEFINITE_FORMATS } from "../../src/redaction/secret-formats.ts";
import { drawn, SAMPLES } from "./sample-secrets.ts";

const WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

describe("what has a definite form", () => {
  test.each(SAMPLES)("$format is found, whole and alone", ({ format, make }) => {
    const secret = make();
    for (const [before, behind] of [
      ["", ""],
      ["export KEY=", "\n"],
      ['{"a": "', '"}'],
      ["see (", ")."],
      ["日本語", "、"],
      ["😀 ", " 😀"],
    ] as const) {
      const text = `${before}${secret}${behind}`;
      const end = before.length + secret.length;
      expect(findSecrets(text)).toEqual([{ format, tier: "definite", start: before.length, end }]);
    }
  });

  test("every form has a sample", () => {
    const sampled = new Set(SAMPLES.map(({ format }) => format));
    for (const { name } of DEFINITE_FORMATS) expect(sampled).toContain(name);
  });

  test("several in one text, in order", () => {
    const secrets = SAMPLES.map(({ make }) => make());
    const text = secrets.join(" and ");
    expect(findSecrets(text).map(({ start, end }) => text.slice(start, end))).toEqual(secrets);
  });

  test("a private key that was cut off is one as far as it goes; a mere header is none", () => {
    const key = SAMPLES.find(({ format }) => format === "private-key")?.make() ?? "";
    const cut = key.slice(0, 300);
    expect(findSecrets(`it is ${cut}`)).toEqual([
      { format: "private-key", tier: "definite", start: 6, end: 306 },
    ]);
    expect(findSecrets("-----BEGIN RSA PRIVATE KEY-----")).toEqual([]);
    expect(findSecrets("-----BEGIN CERTIFICATE-----\nabc")).toEqual([]);
  });

  test("what only looks like one is none", () => {
    for (const text of [
      "AKIAIOSFODNN7EXAMPLE",
      `ghp_${"x".repeat(36)}`,
      `sk-ant-api03-${"your-key-goes-here-".repeat(4)}`,
      `task-proj-${drawn(WORD, 60)}`,
      `MAKIA${drawn("ABCDEFGHIJ", 16)}`,
      "npm_config_registry and npm_lifecycle_event",
      `AKIA${drawn("ABCDEFGHIJKLMNOP", 30)}`,
      "the sk-learn-estimator-with-a-very-long-name-that-goes-on-and-on",
    ])
      expect(findSecrets(text), text).toEqual([]);
  });
});

test("candidates are found only when asked for, and cover the secret alone", () => {
  const value = `${drawn(WORD, 30)}7aB2xyzQ`;
  const jwt = `eyJ${drawn(WORD, 20)}.eyJ${drawn(WORD, 40)}.${drawn(WORD, 43)}`;
  const cases: [format: string, text: string, secret: string][] = [
    ["assigned-secret", `password = "${value}"`, value],
    ["assigned-secret", `"client_secret": "${value}"`, value],
    ["assigned-secret", `API_KEY=${value}`, value],
    ["assigned-secret", `accessToken => '${value}'`, value],
    ["password-in-url", `postgres://app:${value}@db/main`, value],
    ["jwt", `Bearer ${jwt}`, jwt],
  ];
  for (const [format, text, secret] of cases) {
    expect(findSecrets(text)).toEqual([]);
    const start = text.indexOf(secret);
    expect(findSecrets(text, { candidates: true }), text).toEqual([
      { format, tier: "candidate", start, end: start + secret.length },
    ]);
  }
  for (const text of [
    "token count: 12345678",
    "password: ${PASSWORD_1}",
    "const token = nextToken();",
    "https://example.org:8080/a@b",
    "secret: changeme123",
  ])
    expect(findSecrets(text, { candidates: true }), text).toEqual([]);
});

test("secretlint finds nothing of a form of ours that we do not", async () => {
  for (let round = 0; round < 5; round++) {
    for (const { format, make } of SAMPLES) {
      const text = `const it = "${make()}";\n`;
      const { messages } = await lintSource({
        source: { filePath: "/a.js", content: text, ext: ".js", contentType: "text" },
        options: { config: { rules: [{ id: "preset", rule: preset, options: {} }] } },
      });
      const found = findSecrets(text);
      for (const { range, message } of messages) {
        const isCovered = found.some(({ start, end }) => start <= range[0] && range[1] <= end);
        expect(isCovered, `${format}: ${message} in ${text}`).toBe(true);
      }
    }
  }
});

/** Processor time of a search, in milliseconds: another process that is busy does not count. */
function cost(text: string): number {
  const before = process.cpuUsage();
  findSecrets(text, { candidates: true });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test("hostile text takes a time that is linear in its length", () => {
  const prefixes = [...DEFINITE_FORMATS, ...CANDIDATE_FORMATS].flatMap((format) => format.prefixes);
  const shapes = [
    ...prefixes,
    ...prefixes.map((prefix) => `${prefix}aB3`),
    "sk-proj-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
    "eyJaaaaaaaaaaaa.eyJaaaaaaaaaaaa.",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN ",
    "://a:b",
    "password=",
    "password    ",
    'token"   :   "',
    "a",
    "A1",
    "=",
    "\\",
  ];
  const SHORT = 4000;
  for (const shape of shapes) {
    const text = (length: number): string => shape.repeat(Math.ceil(length / shape.length));
    // The least of a few: the first runs compile the expressions. Quadratic time would be 256 times as much.
    const short = Math.min(...[1, 2, 3].map(() => cost(text(SHORT))));
    const long = Math.min(...[1, 2].map(() => cost(text(16 * SHORT))));
    expect(long, JSON.stringify(shape)).toBeLessThan(100 * Math.max(short, 1));
  }
});
