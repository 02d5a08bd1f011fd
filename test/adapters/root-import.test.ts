import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

/** Every module that is loaded when the given one is. */
function modulesOf(specifier: string): string[] {
  const code = `
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({
      resolve(name, context, next) {
        const resolved = next(name, context);
        urls.push(resolved.url);
        return resolved;
      },
    });
    await import(${JSON.stringify(specifier)});
    console.log(JSON.stringify(urls));`;
  const args = ["--input-type=module", "--eval", code];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as string[];
}

test("importing the package root loads no framework and no driver", () => {
  const modules = modulesOf(new URL("../../src/index.ts", import.meta.url).href);
  expect(modules.length).toBeGreaterThan(20);
  expect(modules.filter((url) => url.includes("/node_modules/") || url.includes("/src/adapters/"))).toEqual(
    [],
  );
  // The same look sees what an adapter loads.
  const adapter = modulesOf(new URL("../../src/adapters/langgraph/index.ts", import.meta.url).href);
  expect(adapter.filter((url) => url.includes("/@langchain/")).length).toBeGreaterThan(0);
});
