import { rmSync } from "node:fs";
import { join } from "node:path";
import { checkApart } from "./check-apart.ts";
import { LoopImage, type FileSystem } from "./loop-image.ts";
import { planOf } from "./plan.ts";
import { ScriptProcess } from "./script-process.ts";
import { skipped, Tally, type SuiteResult } from "./suite-result.ts";
import { noMounts } from "./tools.ts";
import { writeBackInPart } from "./write-back.ts";

const ROUNDS = 2;
const CYCLES = 30;
const CONTROL_CYCLES = 5;
/** So many appends are under way at once. */
const BURST = 8;
/** Each burst is two writes: of the first append, and of all that came while it was written. */
const SYNCS_IN_BURSTS = 4 * ROUNDS;
/** What the control leaves out. */
const NO_SYNC = "journal.sync,journal.sync-seen";

/** Cuts the power of a real file system while the store is being written, and looks at what is left. */
export async function cutPower(directory: string): Promise<SuiteResult[]> {
  const kinds: readonly FileSystem[] = ["xfs", "ext4"];
  const results = await Promise.all(
    kinds.map(async (kind) => {
      const suite = `power cuts on ${kind}`;
      const reason = noMounts("xfs_io", `mkfs.${kind}`);
      return reason === undefined ? await onImage(directory, kind, suite) : skipped(suite, reason);
    }),
  );
  for (const kind of kinds) {
    const suite = `power cuts on ${kind}, batches written back in part`;
    const reason = noMounts("xfs_io", `mkfs.${kind}`, "python3");
    results.push(
      reason === undefined
        ? await onImage(directory, kind, suite, CYCLES, "", BURST)
        : skipped(suite, reason),
    );
  }
  const missing = noMounts("xfs_io", "mkfs.xfs");
  const control = `power cuts on xfs without ${NO_SYNC}`;
  results.push(
    missing === undefined
      ? await onImage(directory, "xfs", control, CONTROL_CYCLES, NO_SYNC)
      : skipped(control, missing),
  );
  return results;
}

async function onImage(
  directory: string,
  kind: FileSystem,
  suite: string,
  cycles = CYCLES,
  without = "",
  burst = 0,
): Promise<SuiteResult> {
  let image: LoopImage;
  try {
    image = new LoopImage(directory, kind);
  } catch (error) {
    return skipped(suite, `a loop image cannot be mounted: ${(error as Error).message}`);
  }
  const tally = new Tally(suite);
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const store = join(image.root, `store-${cycle}`);
      const args = ["--store", store, "--rounds", `${ROUNDS}`, "--without", without, "--burst", `${burst}`];
      const script = new ScriptProcess(
        burst > 0 ? [...args, "--stop-in-burst", `${1 + (cycle % SYNCS_IN_BURSTS)}`] : args,
      );
      if (burst > 0) {
        // Between a write and its sync the kernel writes back what it pleases.
        await script.line(/^(stopping|done)/);
        writeBackInPart(store, cycle);
      } else {
        // Somewhere in the plan, and somewhere between two acknowledgements.
        const moment = 1 + Math.floor(((cycle + 0.5) / cycles) * (planOf(ROUNDS).length - 1));
        await script.line(new RegExp(`^(ack ${moment}|done)$`));
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      }
      script.stop();
      image.cutPower();
      script.kill();
      await script.ended();
      const acknowledged = script.acknowledged();
      image.unmount();
      image.mount();
      tally.add(`cut ${cycle}`, await checkApart(store, ROUNDS, 0, acknowledged, burst));
      rmSync(store, { recursive: true, force: true });
    }
  } finally {
    image.remove();
  }
  return without === "" ? tally.result() : tally.control();
}
