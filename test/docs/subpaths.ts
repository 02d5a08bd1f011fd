import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** Every name by which this package is imported, and the source file that stands for it. */
export function sourceFiles(): Map<string, string> {
  const { name, exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  return new Map(
    Object.entries(exports).flatMap(([subpath, target]) =>
      typeof target === "string"
        ? []
        : [
            [
              name + subpath.slice(1),
              join(ROOT, target.default.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts")),
            ] as const,
          ],
    ),
  );
}
