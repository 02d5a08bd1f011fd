// What the check scripts share: running a tool of this project, and packing the project.
import { spawnSync } from "node:child_process";
import { delimiter, join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "..");

const env = {
  ...process.env,
  PATH: join(root, "node_modules", ".bin") + delimiter + (process.env.PATH ?? ""),
};

/** Runs a command to its end and shows its output; an exit code other than 0 ends this process too. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, env, stdio: "inherit", ...options });
  if (done.error) console.error(`${command}: ${done.error.message}`);
  if (done.status !== 0) {
    for (const output of [done.stdout, done.stderr]) if (output) console.error(String(output));
    console.error(`\nFAILED (${done.signal ?? `exit ${done.status}`}): ${[command, ...args].join(" ")}`);
    process.exit(1);
  }
  return done.stdout === null ? "" : String(done.stdout);
}

/** Packs the built project into `folder` and returns the tarball's path. */
export function pack(folder) {
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [packed] = Object.values(JSON.parse(run("npm", args, { stdio: ["ignore", "pipe", "pipe"] })));
  return join(folder, packed.filename);
}
