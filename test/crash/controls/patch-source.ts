// Preloaded (`node --import`) into a control's process: changes one place of the source as it is loaded, so that the
// product itself has no switch for it. The control's name is in the environment.
import { registerHooks } from "node:module";
import { STEPS_LEFT_OUT } from "./left-out.ts";

const name = process.env["CRASH_CONTROL"] ?? "";
const patch = STEPS_LEFT_OUT.find((one) => one.name === name)?.patch;
if (patch !== undefined) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(patch.file)) return loaded;
      const source = Buffer.from(loaded.source as Uint8Array | string).toString();
      if (source.split(patch.from).length !== 2)
        throw new Error(`${patch.file} has changed: mend the control ${name}`);
      return { ...loaded, source: source.replace(patch.from, patch.to) };
    },
  });
}
