// Goes through one script and troubles every change of the disk in it: the power goes, the process is killed and
// another one goes on, or the call fails; or a call that only reads fails. Its argument names the features that may
// happen, separated by commas; a second one the control whose step is left out: then the power goes at each change of
// that control's own script. Prints one line of JSON for each kind of trouble.
import { STEPS_LEFT_OUT } from "../controls/left-out.ts";
import { makeDeterministic } from "./determinism.ts";
import { FEATURES, featuresFrom, type Feature } from "./features.ts";
import type { Disk } from "../../../src/engine/file/disk/disk.ts";
import { Violation } from "./history.ts";
import { CODES, READ_CODES } from "./error-codes.ts";
import { runScript, WHOLE_LIFE, type Script } from "./script.ts";
import type { Troubles } from "./world.ts";

const AFTERWARDS: Script = [
  ["save", 0],
  ["append", 1],
  ["append", 0],
  ["create", 1],
  ["restore", 0],
  ["save", 0],
];
const IMAGES = 4;
/** Of a control: what is left of a few names that were not synced, in every way. */
const CONTROL_IMAGES = 32;
/** When so much of a kind has failed, the rest is not looked at. */
const ENOUGH = 10;

const control = STEPS_LEFT_OUT.find(({ name }) => name === process.argv[3]);
const wrap = control?.wrap ?? ((disk: Disk): Disk => disk);

interface Result {
  readonly kind: string;
  tried: number;
  readonly failures: string[];
}

async function tryAll(
  kind: string,
  images: number,
  troubles: (call: number) => Partial<Troubles>,
  calls: "changes" | "reads" = "changes",
  [first, second]: readonly [Script, Script] = [WHOLE_LIFE, AFTERWARDS],
): Promise<void> {
  makeDeterministic(0);
  const { steps, reads } = await runScript(first, second, 0);
  const result: Result = { kind, tried: 0, failures: [] };
  // Behind the last change, too.
  const count = calls === "reads" ? reads : steps.length + 1;
  for (let call = 1; call <= count && result.failures.length < ENOUGH; call++) {
    for (let image = 0; image < images; image++) {
      makeDeterministic(image);
      result.tried++;
      try {
        await runScript(first, second, image, troubles(call), wrap);
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        const which = calls === "reads" ? `read ${call}` : `change ${call} (${steps[call - 1] ?? ""})`;
        result.failures.push(`${which}, image ${image}: ${error.message}`);
      }
    }
  }
  console.log(JSON.stringify(result));
}

process.on("unhandledRejection", () => undefined);
if (control?.script !== undefined)
  await tryAll("power cut", CONTROL_IMAGES, (change) => ({ cutBefore: change }), "changes", [
    control.script,
    [],
  ]);
else await tryEverything(featuresFrom(process.argv[2] ?? FEATURES.join()));

async function tryEverything(features: readonly Feature[]): Promise<void> {
  await tryAll("power cut", IMAGES, (change) => ({ cutBefore: change }));
  await tryAll("kill", IMAGES / 2, (change) => ({ killBefore: new Set([change]) }));
  await tryAll("short writes", 1, (change) => ({ shortWrites: 0.5, cutBefore: change }));
  for (const code of CODES)
    await tryAll(code, code === "EIO" ? 2 : 1, (change) => ({ failing: new Map([[change, code]]) }));
  if (features.includes("failing-reads")) {
    for (const [index, code] of READ_CODES.entries()) {
      // Each reading call fails once, each with each error, and a row of them.
      await tryAll(`reads: ${code}`, 1, (read) => ({ failingReads: new Map([[read, code]]) }), "reads");
      if (index > 0) continue;
      const row = (read: number): Map<number, string> =>
        new Map([0, 1, 2, 3, 4, 5, 6, 7].map((more) => [read + more, code]));
      await tryAll(`reads: ${code}, eight in a row`, 1, (read) => ({ failingReads: row(read) }), "reads");
    }
  }
  if (features.includes("failing-unlocks"))
    await tryAll("unlock", 1, (read) => ({ failingUnlocks: 0.1 + (read % 10) / 10 }), "reads");
}
