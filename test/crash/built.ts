// Preloaded (`node --import`) for `npm run test:crash`: the laboratory drives the package as it was built. Whoever
// imports a module of `src` gets the one that `npm run build` made of it, in this process and in those it starts.
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";

const SOURCE = new URL("../../src/", import.meta.url).href;
const BUILT = new URL("../../dist/", import.meta.url).href;

if (!existsSync(new URL("index.js", BUILT))) throw new Error("There is no dist: run npm run build first.");

registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context);
    if (!found.url.startsWith(SOURCE)) return found;
    const url = `${BUILT}${found.url.slice(SOURCE.length).replace(/\.ts$/, ".js")}`;
    return { ...found, url, format: "module" };
  },
});

if (process.env["NODE_OPTIONS"]?.includes(import.meta.url) !== true)
  process.env["NODE_OPTIONS"] = `${process.env["NODE_OPTIONS"] ?? ""} --import=${import.meta.url}`.trim();
