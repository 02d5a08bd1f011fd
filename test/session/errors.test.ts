import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test("every error code has its entry in docs/errors.md, and every entry its code", () => {
  const source = readFileSync(join(root, "src/session/errors/errors.ts"), "utf8");
  const union = /export type ErrorCode =([^;]+);/.exec(source)?.[1] ?? "";
  const codes = [...union.matchAll(/"([A-Z_]+)"/g)].map(([, code]) => code).sort();
  const documented = [
    ...readFileSync(join(root, "docs/errors.md"), "utf8").matchAll(/^\| `([A-Z_]+)` +\|/gm),
  ];
  expect(codes.length).toBeGreaterThan(10);
  expect(documented.map(([, code]) => code).sort()).toEqual(codes);
});
