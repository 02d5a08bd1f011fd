import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pagePrograms, programsOf } from "./page-programs.ts";
import { ROOT } from "./subpaths.ts";
import { typeErrors } from "./type-check.ts";

const adapters = readdirSync(join(ROOT, "docs/adapters")).map((page) => `docs/adapters/${page}`);
const programs = ["README.md", ...adapters].flatMap((path) => programsOf(ROOT, path));
const fromSource = join(import.meta.dirname, "from-source-process.ts");

let folder: string;
let files: string[];
let errors: string[][];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "astrid-docs-"));
  // As a project has it that installed the frameworks.
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  files = programs.map(({ name, source }) => {
    const file = join(folder, `${name.replaceAll(/[/:]/g, "-")}.ts`);
    writeFileSync(file, source);
    return file;
  });
  errors = typeErrors(files);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every page of a framework shows code that is checked here", () => {
  const shown = new Set(programs.map(({ name }) => name.replace(/:\d+$/, "")));
  const pages = adapters.filter((path) => !path.endsWith("/README.md"));
  expect([...shown].sort()).toEqual(["README.md", ...pages].sort());
});

describe.each(programs.map((program, index) => ({ ...program, index })))(
  "the program at $name",
  ({ index, notRun }) => {
    test("has no type error", () => {
      expect(errors[index]).toEqual([]);
    });

    test.skipIf(notRun !== undefined)(`runs${notRun === undefined ? "" : `; no, because ${notRun}`}`, () => {
      const home = join(folder, `home-${index}`);
      mkdirSync(home);
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["--import", fromSource, files[index] ?? ""],
        {
          cwd: home,
          encoding: "utf8",
          env: { ...process.env, HOME: home, ASTRID_HOME: join(home, ".astrid") },
        },
      );
      expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    });
  },
);

test("programs of a page: hidden and shown code in its place, new programs, and the reason not to run one", () => {
  const page = ["# Title", "<!-- ts", "a", "-->", "```sh", "no", "```", "```ts", "b", "```"];
  const next = ["<!-- ts, a new program, not run: it needs a key", "-->", "```ts", "c", "```"];
  expect(pagePrograms("page", [...page, ...next].join("\n"))).toEqual([
    { name: "page:2", source: "\n\na\n\n\n\n\n\nb\n", notRun: undefined },
    { name: "page:11", source: `${"\n".repeat(13)}c\n`, notRun: "it needs a key" },
  ]);
  expect(() => pagePrograms("page", "```ts\na")).toThrow("page ends within a block");
});
