import { spawnSync } from "node:child_process";
import { cpSync, existsSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BenchContext } from "./row-group.ts";

const root = resolve(import.meta.dirname, "../..");

export interface BuiltPackage {
  /** What an import of the package loads, and its command line. */
  readonly entry: string;
  readonly program: string;
}

/** The package as it ships, compiled, outside the checkout; `undefined` when it cannot be built. */
export function buildPackage({ scratch, report }: BenchContext): BuiltPackage | undefined {
  const folder = scratch.folder("package");
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const options = ["-p", join(root, "tsconfig.build.json"), "--outDir", join(folder, "dist")];
  const compiled = spawnSync(process.execPath, [compiler, ...options], { encoding: "utf8" });
  const bundler = join(root, "scripts/bundle-cli.mjs");
  const bundled = spawnSync(process.execPath, [bundler, join(folder, "dist")], { encoding: "utf8" });
  if (!existsSync(join(folder, "dist/cli/main.cjs"))) {
    const reason = compiled.stdout + bundled.stderr;
    report.skip("the built package in new processes", `the package cannot be built: ${reason}`);
    return undefined;
  }
  cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return { entry: join(folder, "dist/index.js"), program: join(folder, "bin/astrid-sessions.js") };
}
