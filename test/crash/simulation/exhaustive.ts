// Goes through one script and troubles every change of the disk in it: the power goes, the process is killed and
// another one goes on, or the call fails. Prints one line of JSON for each kind of trouble.
import { makeDeterministic } from "./determinism.ts";
import { Violation } from "./history.ts";
import { runScript, WHOLE_LIFE, type Script } from "./script.ts";
import type { Troubles } from "./world.ts";

const CODES = ["EIO", "ENOSPC", "EROFS", "EDQUOT", "EINTR"];
const AFTERWARDS: Script = [
  ["save", 0],
  ["append", 1],
  ["append", 0],
  ["create", 1],
  ["restore", 0],
  ["save", 0],
];
const IMAGES = 4;

interface Result {
  readonly kind: string;
  tried: number;
  readonly failures: string[];
}

async function tryAll(
  kind: string,
  images: number,
  troubles: (change: number) => Partial<Troubles>,
): Promise<void> {
  makeDeterministic(0);
  const steps = await runScript(WHOLE_LIFE, AFTERWARDS, 0);
  const result: Result = { kind, tried: 0, failures: [] };
  for (let change = 1; change <= steps.length; change++) {
    for (let image = 0; image < images; image++) {
      makeDeterministic(image);
      result.tried++;
      try {
        await runScript(WHOLE_LIFE, AFTERWARDS, image, troubles(change));
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        result.failures.push(
          `change ${change} (${steps[change - 1] ?? ""}), image ${image}: ${error.message}`,
        );
      }
    }
  }
  console.log(JSON.stringify(result));
}

process.on("unhandledRejection", () => undefined);
await tryAll("power cut", IMAGES, (change) => ({ cutBefore: change }));
await tryAll("kill", IMAGES / 2, (change) => ({ killBefore: new Set([change]) }));
await tryAll("short writes", 1, (change) => ({ shortWrites: 0.5, cutBefore: change }));
for (const code of CODES)
  await tryAll(code, code === "EIO" ? 2 : 1, (change) => ({ failing: new Map([[change, code]]) }));
