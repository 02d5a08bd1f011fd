// Makes the viewer's page: one script, its style and the document, as files that any server may hand out as they are.
// Takes the folder they go to; the default is dist/viewer/page.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./run.mjs";

/** What is baked into the script: each comes with its license. */
const PARTS = [
  ...["preact", "@tanstack/virtual-core", "highlight.js"],
  ...["markdown-it", "entities", "linkify-it", "mdurl", "punycode.js", "uc.micro"],
];
const folder = resolve(process.argv[2] ?? join(root, "dist/viewer/page"));
const source = join(root, "src/viewer/page");

const bundle = await rolldown({
  input: join(source, "main.tsx"),
  platform: "browser",
  tsconfig: join(source, "tsconfig.json"),
});
await bundle.write({ file: join(folder, "page.js"), format: "es", minify: true, codeSplitting: false });
await bundle.close();
mkdirSync(folder, { recursive: true });
for (const name of ["index.html", "page.css"]) copyFileSync(join(source, name), join(folder, name));

const licenses = PARTS.map((name) => `${name}\n\n${licenseOf(name)}`);
writeFileSync(join(folder, "page.LICENSES.txt"), licenses.join("\n\n----\n\n"));

function licenseOf(name) {
  for (const file of ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENSE-MIT.txt", "license"]) {
    try {
      return readFileSync(join(root, "node_modules", name, file), "utf8").trim();
    } catch {
      // Under another name.
    }
  }
  throw new Error(`${name} has no license beside it`);
}
