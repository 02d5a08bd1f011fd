import { join } from "node:path";
import { expect, test } from "vitest";
import { AstridHome } from "../../src/home/astrid-home.ts";
import { InvalidHomeError } from "../../src/session/errors/errors.ts";

test("ASTRID_HOME comes before HOME", () => {
  const home = AstridHome.resolve({ ASTRID_HOME: "/data/astrid", HOME: "/home/me" });
  expect(home.root).toBe("/data/astrid");
  expect(home.sessionsDir).toBe(join("/data/astrid", "sessions"));
});

test("without ASTRID_HOME it is .astrid in HOME", () => {
  expect(AstridHome.resolve({ HOME: "/home/me" }).root).toBe(join("/home/me", ".astrid"));
  expect(AstridHome.resolve({ ASTRID_HOME: "", HOME: "/home/me" }).root).toBe(join("/home/me", ".astrid"));
});

test.each([
  ["nothing is set", {}],
  ["everything is empty", { ASTRID_HOME: "", HOME: "" }],
  ["ASTRID_HOME is relative", { ASTRID_HOME: "data", HOME: "/home/me" }],
  ["ASTRID_HOME has ..", { ASTRID_HOME: "/data/../etc", HOME: "/home/me" }],
  ["HOME is relative", { HOME: "me" }],
  ["HOME has ..", { HOME: "/home/me/.." }],
])("%s: INVALID_HOME", (_what, env) => {
  expect(() => AstridHome.resolve(env)).toThrow(InvalidHomeError);
  expect(() => AstridHome.resolve(env)).toThrow(expect.objectContaining({ code: "INVALID_HOME" }));
});

test("dots inside a name are no component", () => {
  expect(AstridHome.fromPath("/data/a..b").root).toBe("/data/a..b");
  expect(() => AstridHome.fromPath("data")).toThrow(InvalidHomeError);
});
