import type { Step } from "../../../src/engine/file/disk/disk.ts";
import { makeDeterministic } from "../simulation/determinism.ts";
import { runScript, type Script } from "../simulation/script.ts";
import type { Troubles } from "../simulation/world.ts";

// What the simulated disk found, each as a script that two processes go through one after the other. Prints one line
// of JSON for each: its name, and what went wrong.

/** So many of the states that a power cut may leave are looked at. */
const IMAGES = 24;

interface Case {
  readonly name: string;
  readonly first: Script;
  /** Before which step (and which time) of the first process the trouble comes. */
  readonly at?: readonly [step: Step, time?: number];
  readonly trouble?: (change: number, image: number) => Partial<Troubles>;
  readonly second: Script;
}

/** The power goes some changes later, or when the second process has done its part. */
const kill = (change: number, image: number): Partial<Troubles> => ({
  killBefore: new Set([change]),
  cutBefore: image % 2 === 0 ? Infinity : change + 1 + (image - 1) / 2,
});
const cut = (change: number): Partial<Troubles> => ({ cutBefore: change });
const fail = (change: number): Partial<Troubles> => ({ failing: new Map([[change, "EIO"]]) });

/** Every step of a removal into the trash and of the restore behind it. */
const MOVES: readonly (readonly [step: Step, time: number])[] = [
  ["tombstone.append", 1],
  ["tombstone.sync", 1],
  ["remove.checkpoint", 1],
  ["remove.sync-directory", 1],
  ["tombstone.append", 2],
  ["tombstone.sync", 2],
];

/** What new sessions go through that are written packed. */
const PACKED: readonly Step[] = ["pack.write", "pack.sync", "journal.publish", "journal.sync-directory"];

const CASES: readonly Case[] = [
  ...PACKED.flatMap((step) =>
    [kill, cut, fail].map((trouble) => ({
      name: `a session that comes in packed, with a ${trouble.name} at ${step}`,
      first: [
        ["import-packed", 0],
        ["import-packed", 1],
      ] as Script,
      at: [step] as const,
      trouble,
      second: [
        ["import-packed", 0],
        ["append", 0],
        ["append", 1],
      ] as Script,
    })),
  ),
  {
    name: "a journal whose name a dead process did not sync is built upon",
    first: [["create", 0]],
    at: ["journal.sync-directory"],
    trouble: kill,
    second: [["append", 0]],
  },
  {
    name: "a checkpoint whose name a dead process did not sync is no deletion by someone else",
    first: [
      ["create", 0],
      ["append", 0],
      ["checkpoint", 0],
    ],
    at: ["checkpoint.sync-directory"],
    trouble: kill,
    second: [
      ["append", 0],
      ["append", 0],
    ],
  },
  {
    name: "a store directory that a dead process did not sync is built upon",
    first: [["create", 0]],
    at: ["store.sync-directory"],
    trouble: kill,
    second: [["create", 1]],
  },
  {
    name: "a tombstone that a dead process did not sync is finished",
    first: [
      ["create", 0],
      ["append", 0],
      ["checkpoint", 0],
      ["delete", 0],
    ],
    at: ["tombstone.sync"],
    trouble: kill,
    second: [["delete", 0]],
  },
  {
    name: "a tombstone whose sync fails",
    first: [
      ["create", 0],
      ["append", 0],
      ["delete", 0],
    ],
    at: ["tombstone.sync"],
    trouble: fail,
    second: [
      ["append", 0],
      ["delete", 0],
      ["create", 0],
    ],
  },
  {
    name: "a session that was restored and then removed for good stays out of the trash",
    first: [
      ["create", 0],
      ["append", 0],
      ["trash", 0],
      ["restore", 0],
      ["delete", 0],
    ],
    second: [],
  },
  ...[
    { name: "a restore whose record a dead process did not sync", trouble: kill },
    { name: "a restore whose record's sync fails", trouble: fail },
  ].map(({ name, trouble }) => ({
    name: `${name}, and the next one`,
    first: [
      ["create", 0],
      ["checkpoint", 0],
      ["trash", 0],
      ["restore", 0],
    ] as Script,
    at: ["tombstone.sync", 2] as const,
    trouble,
    // Nothing is written afterwards: that might carry the record's block to the disk by chance.
    second: [["restore", 0]] as Script,
  })),
  ...MOVES.map((at) => ({
    name: `a restore that is cut short before ${at.join(" ")}`,
    first: [
      ["create", 0],
      ["checkpoint", 0],
      ["trash", 0],
      ["restore", 0],
    ] as Script,
    at,
    trouble: cut,
    second: [],
  })),
  ...MOVES.map((at) => ({
    name: `a restore that ends with its process before ${at.join(" ")}, then appends`,
    first: [
      ["create", 0],
      ["checkpoint", 0],
      ["trash", 0],
      ["restore", 0],
    ] as Script,
    at,
    trouble: kill,
    // One of three has something for the side list.
    second: [
      ["append", 0],
      ["append", 0],
      ["append", 0],
    ] as Script,
  })),
  ...MOVES.map((at) => ({
    name: `a restore that ends with its process before ${at.join(" ")}, then the trash again`,
    first: [
      ["create", 0],
      ["checkpoint", 0],
      ["trash", 0],
      ["restore", 0],
    ] as Script,
    at,
    trouble: kill,
    second: [
      ["append", 0],
      ["trash", 0],
      ["restore", 0],
      ["append", 0],
    ] as Script,
  })),
];

async function run({ first, at, trouble, second }: Case): Promise<void> {
  const { steps } = await runScript(first, second, 0);
  let change: number | undefined;
  if (at !== undefined) {
    const [step, time = 1] = at;
    const places = steps.flatMap((one, index) => (one === step ? [index + 1] : []));
    // The engine may take a step less often one day; never not at all.
    change = places[Math.min(time, places.length) - 1];
    if (change === undefined) throw new Error(`the engine has no step ${step} here any more`);
  }
  for (let image = 0; image < IMAGES; image++) {
    await runScript(first, second, image, change === undefined ? {} : (trouble?.(change, image) ?? {}));
  }
}

// What is left of a process that died has nobody who listens.
process.on("unhandledRejection", () => undefined);
makeDeterministic(0);
for (const one of CASES) {
  const failure = await run(one).then(
    () => null,
    (error: unknown) => (error as Error).message,
  );
  console.log(JSON.stringify({ name: one.name, failure }));
}
