// Makes dist/cli out of the command's sources: few files instead of a hundred, because a command that is started for
// every look at a list spends most of its time on loading them. Frameworks and drivers stay what the user installs. Takes the folder that stands for
// dist; the default is dist.
import { copyFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./run.mjs";

const folder = resolve(process.argv[2] ?? join(root, "dist"));
const isOurs = (id) => id.startsWith(".") || isAbsolute(id) || id === "commander";

const bundle = await rolldown({
  input: { main: join(root, "src/cli/main.ts") },
  platform: "node",
  external: (id) => !isOurs(id),
});
await bundle.write({
  dir: folder,
  format: "esm",
  // As deep as the sources: src/cli/main.ts looks for package.json, src/engine/postgres/schema/migrations.ts for sql/.
  entryFileNames: "cli/[name].js",
  chunkFileNames: "cli/chunks/[name]/[hash].js",
});
await bundle.close();
copyFileSync(join(root, "node_modules/commander/LICENSE"), join(folder, "cli/commander.LICENSE"));
