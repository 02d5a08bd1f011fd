// Loaded before a program of the documentation: what it imports of this package is our source.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { sourceFiles } from "./subpaths.ts";

const files = sourceFiles();

registerHooks({
  resolve(specifier, context, next) {
    const file = files.get(specifier);
    return file === undefined
      ? next(specifier, context)
      : { url: pathToFileURL(file).href, shortCircuit: true };
  },
});
