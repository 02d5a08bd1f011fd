import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PEERS } from "../../src/adapters/peers.ts";
import { ROOT } from "./subpaths.ts";

function installed(name: string): string {
  const manifest = readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

test("the page of all adapters names the versions that are tested, and those that are refused", () => {
  const page = readFileSync(join(ROOT, "docs/adapters/README.md"), "utf8");
  const rows = [...page.matchAll(/^\|[^|]*\| `(\S+)` +\| (\S+) +\| (\S+) +\| (\S+) +\|$/gm)].map(
    ([, name = "", lowest, newest, below]) => [name, { lowest, newest, below }] as const,
  );
  const expected = Object.entries(PEERS).map(
    ([name, { from, below }]) => [name, { lowest: from, newest: installed(name), below }] as const,
  );
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
});
