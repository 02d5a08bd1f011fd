// Lets the bytes of a session's files decay in every way, in several small stores, and asks the store for everything.
//   node test/crash/rot/main.ts                       all stores, one flip of each byte, each cut, each sector
//     --store NAME    that store only (part of its name)
//     --flips 8       so many flips of each byte, one bit at a time
//     --step 7        one byte in so many
//     --damage journal:flip:16:1                      that damage alone, and all that is wrong with it
//     --control NAME  leaves a step of the engine out, which must be noticed (controls.ts)
// Prints one line of JSON for each store.
import { parseArgs } from "node:util";
import { makeDeterministic } from "../simulation/determinism.ts";
import { checkDamage, intact } from "./check.ts";
import { damageFrom, damagesOf, textOf, type Damage } from "./damage.ts";
import { SMALL_STORES } from "./stores.ts";

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "" },
    flips: { type: "string", default: "1" },
    step: { type: "string", default: "1" },
    damage: { type: "string" },
    most: { type: "string", default: "Infinity" },
  },
});

process.on("unhandledRejection", (error) => {
  console.error("nobody handles", error);
  process.exitCode = 1;
});
for (const small of SMALL_STORES.filter(({ name }) => name.includes(values.store))) {
  makeDeterministic(0);
  const whole = await intact(small);
  const step = Number(values.step) * (small.step ?? 1);
  const damages: Damage[] = [];
  for (const file of ["journal", "checkpoint"] as const)
    damages.push(...damagesOf(file, whole.files[file]?.length ?? 0, Number(values.flips), step));
  let tried = 0;
  const failures: { damage: string; problems: string[] }[] = [];
  for (const damage of values.damage === undefined ? damages : [damageFrom(values.damage)]) {
    tried++;
    const problems = await checkDamage(whole, damage);
    if (problems.length > 0) failures.push({ damage: textOf(damage), problems });
    if (failures.length >= Number(values.most)) break;
  }
  console.log(JSON.stringify({ store: small.name, tried, failures }));
}
