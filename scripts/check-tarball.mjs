// Uses the package the way a stranger would: installs the tarball into an empty folder without running
// install scripts, imports every public export, runs the command and type-checks a small consumer.
// Takes the tarball's path; without one, it packs what dist/ holds.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { pack, root, run } from "./run.mjs";
import { installCompilers, typeCheck } from "./type-matrix.mjs";

const folder = mkdtempSync(join(tmpdir(), "astrid-sessions-tarball-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const { name, bin, exports, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const tarball = process.argv[2] ? resolve(process.argv[2]) : pack(folder);
const entries = Object.entries(exports).filter(([path]) => path !== "./package.json");
// An adapter needs the framework that it is for: test/peers installs each with its frameworks.
const isAdapter = ([, target]) => target.default.startsWith("./dist/adapters/");
const nameOf = ([path]) => (path === "." ? name : name + path.slice(1));
const modules = entries.filter((entry) => !isAdapter(entry)).map(nameOf);
const adapters = entries.filter(isAdapter).map(nameOf);

const app = join(folder, "app");
mkdirSync(app);
writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
const quiet = { cwd: app, stdio: ["ignore", "pipe", "pipe"] };
run("npm", ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", tarball], quiet);

for (const module of modules) {
  const code = `if (Object.keys(await import(${JSON.stringify(module)})).length === 0)
    throw new Error(${JSON.stringify(`${module} exports nothing`)});`;
  run("node", ["--input-type=module", "--eval", code], quiet);
  console.log(`imports: ${module}`);
}

for (const module of adapters) {
  // Here is no framework: the import works, or says what to install.
  const code = `await import(${JSON.stringify(module)}).catch((error) => {
    if (error.code !== "PEER_MISSING" || !error.message.includes("npm install ")) throw error;
  });`;
  run("node", ["--input-type=module", "--eval", code], quiet);
  console.log(`imports, or names what to install: ${module}`);
}

for (const command of Object.keys(bin)) {
  const help = run(join(app, "node_modules", ".bin", command), ["--help"], quiet);
  if (!help.includes(command)) throw new Error(`${command} --help does not name the command:\n${help}`);
  console.log(`runs: ${command} --help`);
}

// The viewer hands out the page that is in the package.
const view = `const { SessionStore } = await import("${name}");
  const { serveViewer } = await import("${name}/viewer");
  await using viewer = await serveViewer(new SessionStore("memory:"));
  const welcome = await fetch(viewer.url, { redirect: "manual" });
  const cookie = welcome.headers.get("set-cookie").split(";")[0];
  for (const file of ["", "page.js", "page.css"]) {
    const response = await fetch(new URL(file, viewer.url), { headers: { cookie } });
    if (!response.ok) throw new Error(file + ": " + (await response.text()));
  }`;
run("node", ["--input-type=module", "--eval", view], quiet);
console.log("serves: the viewer's page");

// The bundled command finds what lies beside it in the package.
let found = 0;
const installed = join(app, "node_modules", name);
for (const file of readdirSync(join(installed, "dist/cli"), { recursive: true })) {
  const path = join(installed, "dist/cli", file);
  if (!file.endsWith(".cjs")) continue;
  // What the bundler makes of `import.meta.url`.
  const here = 'require("url").pathToFileURL(__filename).href';
  for (const [, target] of readFileSync(path, "utf8")
    .replaceAll(here, "HERE")
    .matchAll(/new URL\("([^"]+)", HERE\)/g)) {
    found++;
    if (!existsSync(new URL(target, pathToFileURL(path))))
      throw new Error(`${file} looks for ${target}, which is not there`);
    console.log(`finds: ${target} from dist/cli/${file}`);
  }
}
if (found === 0)
  throw new Error("the bundled command names nothing beside it: it is looked for in the wrong way");

installCompilers(app);
typeCheck(app, modules, { skipLibCheck: false });
// Whoever uses an adapter has its framework. Not all frameworks' own types hold under these settings.
for (const peer of Object.keys(peerDependencies)) {
  const link = join(app, "node_modules", peer);
  mkdirSync(dirname(link), { recursive: true });
  if (!existsSync(link)) symlinkSync(join(root, "node_modules", peer), link);
}
typeCheck(app, adapters, { skipLibCheck: true });
