// Takes pictures of the command in a real terminal (tmux), as SVG, for docs/pictures and the README: of the
// demonstration's conversations, or of a store that is named, to look at.
// Usage: node scripts/terminal-pictures.mjs [--to <folder>] [store]
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { SessionStore } from "../src/index.ts";
import { root } from "./run.mjs";
import { terminalPicture } from "./terminal-svg.mjs";
import { demoSessions } from "./viewer-demo.mjs";

const args = process.argv.slice(2);
const toIndex = args.indexOf("--to");
const to = resolve(toIndex < 0 ? join(root, "docs/pictures") : args.splice(toIndex, 2)[1]);
const [given] = args;
mkdirSync(to, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "astrid-terminal-pictures-"));
const place = given ?? join(folder, "sessions");
if (given === undefined) {
  await using store = new SessionStore(place);
  await demoSessions(store);
}
const COLUMNS = 100;
/** What is typed, and keys that are pressed then; `rows`: as much of the screen as is shown. */
const VIEWS = [
  { name: "list", command: "list --all", rows: 16 },
  { name: "show", command: "show latest --last 5 --no-pager", rows: 40 },
  { name: "search", command: "search retry", rows: 22 },
  { name: "stats", command: "stats --by project", rows: 24 },
  { name: "picker", command: "", rows: 26, keys: ["retr"] },
  { name: "reader", command: "", rows: 26, keys: ["retr", "C-o"] },
];

try {
  for (const view of VIEWS) {
    const lines = await screenOf(view);
    const title = `astrid-sessions ${view.command}`.trim();
    writeFileSync(join(to, `terminal-${view.name}.svg`), terminalPicture(title, lines, COLUMNS));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The screen when it has been the same for a while. */
async function screenOf({ command, rows, keys = [] }) {
  const socket = `pictures-${process.pid}`;
  const tmux = (...words) => {
    const { status, stdout, stderr } = spawnSync("tmux", ["-L", socket, ...words], {
      encoding: "utf8",
      env: { ...process.env, TMUX: "", LC_ALL: "C.UTF-8" },
    });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  const run = `'${process.execPath}' '${join(root, "src/cli/main.ts")}' --store '${place}' ${command}`;
  const home = `env -u NO_COLOR -u CI HOME='${folder}' ASTRID_HOME='${folder}' LANG=C.UTF-8`;
  const size = ["-x", `${COLUMNS}`, "-y", `${rows}`];
  tmux("-f", "/dev/null", "new-session", "-d", ...size, "-c", folder, `${home} ${run}; exec sleep 60`);
  try {
    await settled(tmux);
    for (const key of keys) {
      tmux("send-keys", key);
      await settled(tmux);
    }
    return tmux("capture-pane", "-p", "-e").replace(/\n+$/, "").split("\n");
  } finally {
    tmux("kill-server");
  }
}

async function settled(tmux) {
  let [last, same] = ["", 0];
  while (same < 8 || last.trim() === "") {
    await pause(150);
    const now = tmux("capture-pane", "-p");
    same = now === last ? same + 1 : 0;
    last = now;
  }
}
