import { execFileSync, spawnSync, type ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Builds and packs this package. @returns the tarball's path. */
export function packed(folder: string): string {
  const options: ExecFileSyncOptionsWithStringEncoding = {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  };
  execFileSync("npm", ["run", "--silent", "build"], options);
  const parameters = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [pack] = Object.values(
    JSON.parse(execFileSync("npm", parameters, options)) as Record<string, { filename: string }>,
  );
  if (pack === undefined) throw new Error("npm pack made no tarball");
  return join(folder, pack.filename);
}

/** A project that has these packages installed, and nothing else. */
export class Project {
  readonly folder: string;

  constructor(...packages: readonly string[]) {
    this.folder = mkdtempSync(join(tmpdir(), "astrid-peers-"));
    writeFileSync(join(this.folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const parameters = ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
    execFileSync("npm", [...parameters, ...packages], {
      cwd: this.folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
  }

  /** The version that is installed. */
  version(name: string): string {
    const manifest = readFileSync(join(this.folder, "node_modules", name, "package.json"), "utf8");
    return (JSON.parse(manifest) as { readonly version: string }).version;
  }

  /** Makes a package say that it is of another version. */
  pretendVersion(name: string, version: string): void {
    const path = join(this.folder, "node_modules", name, "package.json");
    const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...manifest, version }));
  }

  /** Runs a module; what it printed. */
  run(source: string): string {
    const file = join(this.folder, "program.ts");
    writeFileSync(file, source);
    const store = join(this.folder, "store");
    mkdirSync(store, { recursive: true });
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, store], {
      encoding: "utf8",
      cwd: this.folder,
    });
    if (status !== 0) throw new Error(`the program ended with ${String(status)}:\n${stdout}${stderr}`);
    return stdout;
  }
}

/** An example as a user has it: with the package's name in place of our sources. */
export function exampleSource(name: string): string {
  const source = readFileSync(join(root, "examples", `${name}.ts`), "utf8");
  return source
    .replace(/"\.\.\/src\/adapters\/([\w-]+)\/index\.ts"/g, '"astrid-sessions/$1"')
    .replaceAll('"../src/index.ts"', '"astrid-sessions"');
}
