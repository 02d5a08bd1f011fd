import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/** What `npm pack` would take of the repository. */
function packed(): Set<string> {
  const { stdout } = spawnSync("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], { cwd: ROOT });
  const [{ files }] = Object.values(JSON.parse(stdout.toString()) as object) as [
    { files: readonly { path: string }[] },
  ];
  return new Set(files.map(({ path }) => path));
}

/** For people who work on the package itself: they have the repository. */
const NOT_PACKED = new Set(["CONTRIBUTING.md"]);

test("the package holds the pages and examples that its pages talk about", () => {
  const files = packed();
  expect([...files].filter((path) => path.startsWith("examples/")).length).toBeGreaterThan(4);
  const pages = [...files].filter((path) => path.endsWith(".md"));
  expect(pages).toContain("docs/api.md");
  const missing: string[] = [];
  for (const page of pages) {
    for (const [, link = ""] of readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)\s]+)\)/g)) {
      const [target = ""] = link.split("#");
      if (target === "" || /^[a-z]+:/.test(target)) continue;
      const path = normalize(join(dirname(page), target));
      const isThere = files.has(path) || [...files].some((file) => file.startsWith(`${path}/`));
      if (!isThere && !NOT_PACKED.has(path)) missing.push(`${page}: ${link}`);
    }
  }
  expect(missing).toEqual([]);
});
