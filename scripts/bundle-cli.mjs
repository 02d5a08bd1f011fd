// Makes dist/cli out of the command's sources. A command that is started for every look at a list spends most of its
// time on loading, so it is few files instead of a hundred, and CommonJS: there Node loads only those of its own parts
// that are used. Frameworks and drivers stay what the user installs. Takes the folder that stands for dist; the
// default is dist.
import { copyFileSync } from "node:fs";
import * as promises from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { root } from "./run.mjs";

const folder = resolve(process.argv[2] ?? join(root, "dist"));

/** Parts of Node that load slowly and that a list does not use: loaded when one of their functions is called. */
const LATE = {
  // Commander could start commands that are programs of their own; ours are not.
  "node:child_process": ["spawn"],
  "node:fs/promises": Object.keys(promises).filter((name) => typeof promises[name] === "function"),
};

/** Packages that become part of the command, with their licences. */
const BUNDLED = {
  commander: "LICENSE",
  "markdown-it": "LICENSE",
  entities: "LICENSE",
  "linkify-it": "LICENSE",
  mdurl: "LICENSE",
  "punycode.js": "LICENSE-MIT.txt",
  "uc.micro": "LICENSE.txt",
};

const packageOf = (id) => id.split("/", id.startsWith("@") ? 2 : 1).join("/");
const isOurs = (id) => id.startsWith(".") || isAbsolute(id) || packageOf(id) in BUNDLED || id in LATE;

const bundle = await rolldown({
  input: { main: join(root, "src/cli/main.ts") },
  platform: "node",
  external: (id) => !isOurs(id),
  plugins: [loadedLate(), findsWhatLiesBeside()],
});
await bundle.write({
  dir: folder,
  format: "cjs",
  entryFileNames: "cli/[name].cjs",
  chunkFileNames: "cli/[name]-[hash].cjs",
  codeSplitting: {
    groups: [
      { name: "start", test: /src.cli.(main|program|verbs|output)\.ts$/, priority: 2 },
      { name: "store", test: /src.store.session-store\.ts$/, priority: 1 },
    ],
  },
});
await bundle.close();
for (const [name, licence] of Object.entries(BUNDLED))
  copyFileSync(join(root, "node_modules", name, licence), join(folder, `cli/${name}.LICENSE`));

/**
 * A source names a file of the package by the way from itself, as in `new URL("../../package.json", import.meta.url)`.
 * In the bundle it stands in another folder: the way begins where every file of the bundle lies.
 */
function findsWhatLiesBeside() {
  const toRoot = relative(join(folder, "cli"), root).replaceAll("\\", "/");
  return {
    name: "finds-what-lies-beside",
    transform(code, id) {
      return code.replaceAll(/new URL\("(\.[^"]+)", import\.meta\.url\)/g, (_, target) => {
        const inPackage = new URL(target, pathToFileURL(id)).href.slice(
          pathToFileURL(`${root}/`).href.length,
        );
        return `new URL("${toRoot}/${inPackage}", import.meta.url)`;
      });
    },
  };
}

function loadedLate() {
  const prefix = "\0late:";
  return {
    name: "loaded-late",
    resolveId: (id) => (id in LATE ? { id: prefix + id, moduleSideEffects: false } : undefined),
    load(id) {
      if (!id.startsWith(prefix)) return undefined;
      const module = id.slice(prefix.length);
      const names = LATE[module];
      const functions = names.map(
        (name) =>
          `export const ${name} = (...given) => process.getBuiltinModule("${module}").${name}(...given);`,
      );
      return `${functions.join("\n")}\nexport default { ${names.join(", ")} };`;
    },
  };
}
