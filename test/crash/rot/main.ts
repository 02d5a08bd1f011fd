// Lets the bytes of a session's files decay in every way, in several small stores, and asks the store for everything.
//   node test/crash/rot/main.ts                       all stores, one flip of each byte, each sector, cuts here and there
//     --store NAME    that store only (part of its name)
//     --flips 8       so many flips of each byte, one bit at a time
//     --step 7        only every seventh byte
//     --cuts 1        a cut at each of these bytes; default: at every fifth
//     --part 1/2      the first of two parts of all that
//     --most 10       stops a store's when so many damages were not right
//     --damage journal:flip:16:1                      that damage alone, and all that is wrong with it
//     --control C     one that must be noticed: `forged` alters a text and the checksum with it, `deaf` hears no report
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
    cuts: { type: "string", default: "5" },
    part: { type: "string", default: "1/1" },
    control: { type: "string" },
    most: { type: "string", default: "Infinity" },
  },
});

process.on("unhandledRejection", (error) => {
  console.error("nobody handles", error);
  process.exitCode = 1;
});
function chosen(own: readonly Damage[]): readonly Damage[] {
  if (values.damage !== undefined) return [damageFrom(values.damage)];
  return values.control === "forged" ? [{ file: "journal", kind: "forge", at: 0, what: 0 }] : own;
}

for (const small of SMALL_STORES.filter(({ name }) => name.includes(values.store))) {
  makeDeterministic(0);
  const whole = await intact(small);
  const step = Number(values.step) * (small.step ?? 1);
  const damages: Damage[] = [];
  for (const file of ["journal", "checkpoint"] as const)
    damages.push(
      ...damagesOf(file, whole.files[file]?.length ?? 0, Number(values.flips), step, Number(values.cuts)),
    );
  const [part = 1, parts = 1] = values.part.split("/").map(Number);
  const own = damages.filter((_, index) => index % parts === part - 1);
  let tried = 0;
  const failures: { damage: string; problems: string[] }[] = [];
  for (const damage of chosen(own)) {
    tried++;
    const problems = await checkDamage(whole, damage, values.control === "deaf");
    if (problems.length > 0) failures.push({ damage: textOf(damage), problems });
    if (failures.length >= Number(values.most)) break;
  }
  console.log(JSON.stringify({ store: small.name, tried, failures }));
}
