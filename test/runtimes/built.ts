// The package as it was built. Imported by place, so that the types are those of the source, which is always there.
import type * as Suite from "../../src/conformance/index.ts";
import type * as Package from "../../src/index.ts";

const built = (module: string): Promise<unknown> =>
  import(new URL(`../../dist/${module}`, import.meta.url).href);

export const { FileEngine, MemoryEngine } = (await built("index.js")) as typeof Package;
export const { conformance } = (await built("conformance/index.js")) as typeof Suite;
