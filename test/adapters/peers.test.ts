import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isInRange, PEERS } from "../../src/adapters/peers.ts";
import { PeerVersionError } from "../../src/index.ts";

test("package.json states the ranges that are checked", () => {
  const { peerDependencies } = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"),
  ) as { readonly peerDependencies: Readonly<Record<string, string>> };
  const stated = Object.entries(PEERS).map(([name, { from, below }]) => {
    const [major = "", minor = ""] = from.split(".");
    const next = major === "0" ? `0.${Number(minor) + 1}.0` : `${Number(major) + 1}.0.0`;
    return [name, next === below ? `^${from}` : `>=${from} <${below}`];
  });
  const { pg: _, postgres: __, ...frameworks } = peerDependencies;
  expect(Object.fromEntries(stated)).toEqual(frameworks);
});

test.for([
  ["7.0.0", true],
  ["7.0.173", true],
  ["7.12.3", true],
  ["7.0.0+build", true],
  ["7.0.1-beta.2", true],
  ["6.99.9", false],
  ["7.0.0-beta.128", false],
  ["8.0.0", false],
  ["8.0.0-canary.1", false],
  ["10.0.0", false],
  ["whatever", false],
] as const)("of a framework from 7.0.0 to below 8.0.0, %s works: %s", ([version, works]) => {
  expect(isInRange(version, { from: "7.0.0", below: "8.0.0" })).toBe(works);
});

test("the error names what is installed and what works, and has the command", () => {
  expect(new PeerVersionError("ai", "6.0.1", PEERS.ai)).toMatchObject({
    code: "PEER_VERSION",
    installed: "6.0.1",
    message:
      "This adapter works with ai from 7.0.0 to below 8.0.0, but 6.0.1 is installed. " +
      'Install one that works: npm install "ai@>=7.0.0 <8.0.0" (with -g, where astrid-sessions was installed with -g)',
  });
});
