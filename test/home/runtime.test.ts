import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/** Imports a module of the library under a Node that says it is of another version. */
function importUnder(version: string, module: string): { status: number | null; stderr: string } {
  const script = `
    Object.defineProperty(process.versions, "node", { value: ${JSON.stringify(version)} });
    await import(${JSON.stringify(join(ROOT, module))}).catch(({ message }) => {
      console.error(message);
      process.exitCode = 1;
    });`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script]);
  return { status, stderr: stderr.toString() };
}

test.each(["src/index.ts", "src/postgres.ts", "src/conformance/index.ts"])(
  "%s says in one sentence on import that Node is too old",
  (module) => {
    for (const version of ["20.20.2", "22.17.1"]) {
      const { status, stderr } = importUnder(version, module);
      expect(status).toBe(1);
      expect(stderr).toContain(
        `astrid-sessions needs Node.js 22.18.0 or newer, but this is Node.js ${version}`,
      );
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
    expect(importUnder("22.18.0", module)).toEqual({ status: 0, stderr: "" });
  },
);

test("what it needs is what the package says", () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    engines: { node: string };
  };
  expect(readFileSync(join(ROOT, "src/runtime.ts"), "utf8")).toContain(
    `NEEDED = "${engines.node.slice(2)}.0"`,
  );
});
