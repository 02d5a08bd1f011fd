import { enableCompileCache, flushCompileCache } from "node:module";

// Hundreds of writers are started: with what this process has compiled, each is at work in a fraction of the time.
const { directory } = enableCompileCache();
if (directory !== undefined) process.env["NODE_COMPILE_CACHE"] = directory;
const { demo } = await import("./demo.ts");
flushCompileCache();

try {
  if (!(await demo())) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
