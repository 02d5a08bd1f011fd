import { createHash } from "node:crypto";
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkStore, type Violation } from "./check-store.ts";
import { CrashModel, type CrashState } from "./crash-model.ts";
import { eventsOf } from "./disk-events.ts";
import { planOf, type Operation } from "./plan.ts";
import { ScriptProcess } from "./script-process.ts";
import { skipped, Tally, type SuiteResult } from "./suite-result.ts";
import { hasStrace } from "./tools.ts";
import { readTrace, removeTrace, tracing } from "./trace.ts";

/** The process has so many appends under way at once, and acknowledges each on its own. */
const BURST = 6;

/** A control need not be looked at to the end. */
const ENOUGH = 20;

/** Steps whose absence the enumerator must notice. */
const CONTROLS = [
  "journal.sync",
  "journal.create.sync,journal.sync-seen",
  "journal.sync-directory",
  "tombstone.sync",
];

/** Records the system calls of one run and checks every state that a power cut may leave between two of them. */
export async function enumerateCrashStates(directory: string): Promise<SuiteResult[]> {
  const suite = "crash states";
  if (!hasStrace()) return [skipped(suite, "no strace")];
  const results = [await enumerate(directory, suite, "", Infinity)];
  for (const without of CONTROLS)
    results.push(await enumerate(directory, `${suite} without ${without}`, without, ENOUGH));
  return results;
}

async function enumerate(
  directory: string,
  suite: string,
  without: string,
  most: number,
): Promise<SuiteResult> {
  const plan = planOf(1, 0, BURST);
  const base = join(directory, "traced");
  mkdirSync(base, { recursive: true });
  const prefix = join(directory, "trace");
  const script = new ScriptProcess(
    ["--store", join(base, "store"), "--without", without, "--burst", `${BURST}`],
    tracing(prefix),
  );
  await script.ended();
  if (!script.isDone) throw new Error(`the traced run failed: ${script.errors}`);
  const events = eventsOf(readTrace(prefix), base);
  rmSync(base, { recursive: true });
  removeTrace(prefix);

  const tally = new Tally(suite);
  const model = new CrashModel();
  const seen = new Set<string>();
  let acknowledged = 0;
  let broken = 0;
  for (const [index, event] of events.entries()) {
    model.apply(event);
    if (event.kind === "acknowledged") acknowledged = event.count;
    for (const state of model.states()) {
      const fingerprint = fingerprintOf(state, acknowledged);
      if (seen.has(fingerprint)) continue;
      seen.add(fingerprint);
      const violations = await checkState(join(directory, `state-${seen.size}`), state, plan, acknowledged);
      tally.add(`behind event ${index} (${event.kind})`, violations);
      if (violations.length > 0 && ++broken >= most) return tally.control();
    }
  }
  return without === "" ? tally.result() : tally.control();
}

function fingerprintOf({ files, directories }: CrashState, acknowledged: number): string {
  const hash = createHash("sha1").update(`${acknowledged} ${[...directories].sort().join()}`);
  for (const [path, { file, bytes }] of [...files].sort(([left], [right]) => (left < right ? -1 : 1)))
    hash.update(`\n${path} ${file} ${bytes.length} `).update(bytes);
  return hash.digest("hex");
}

async function checkState(
  directory: string,
  { files, directories }: CrashState,
  plan: readonly Operation[],
  acknowledged: number,
): Promise<Violation[]> {
  mkdirSync(directory);
  try {
    for (const path of directories) mkdirSync(join(directory, path), { mode: 0o700 });
    const written = new Map<number, string>();
    for (const [path, { file, bytes }] of files) {
      const first = written.get(file);
      if (first === undefined) writeFileSync(join(directory, path), bytes, { mode: 0o600 });
      else linkSync(join(directory, first), join(directory, path));
      written.set(file, first ?? path);
    }
    return await checkStore(join(directory, "store"), plan, acknowledged);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
